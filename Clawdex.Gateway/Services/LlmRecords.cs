using Clawdex.Llm.V1;
using Clawdex.ServiceDefaults.Calls;
using Grpc.Core;

namespace Clawdex.Gateway.Services;

/// <summary>What happens while a model answers.</summary>
internal abstract record AnswerEvent
{
    /// <summary>The request was taken; no text yet.</summary>
    /// <param name="IsTakenUp">An earlier call has asked for this answer: it goes on, from its beginning, and is not paid for again.</param>
    public sealed record Started(string Model, bool IsTakenUp) : AnswerEvent;

    public sealed record Delta(string Text) : AnswerEvent;

    /// <summary>The last event of an answer: it is complete or cut, or the model or its provider failed, perhaps after some deltas.</summary>
    public sealed record Finished(AnswerEnd End) : AnswerEvent
    {
        /// <summary>Null = nothing failed.</summary>
        public LlmFailure? Failure { get; init; }

        public int PromptTokens { get; init; }

        public int CompletionTokens { get; init; }

        /// <summary>What the provider counted for this answer; null = it did not say.</summary>
        public long? Tokens { get; init; }

        /// <summary>What was counted for attempts that failed before it.</summary>
        public long FailedTokens { get; init; }

        /// <summary>What all of that cost, as far as the provider says.</summary>
        public long Microdollars { get; init; }

        /// <summary>Why the answer is not complete; null = it is, or nobody says.</summary>
        public Failure? Facts { get; init; }

        /// <summary>The end that a failure makes. Who cannot be reached any more has not said what it cost.</summary>
        public static Finished Of(LlmFailure failure) => new(AnswerEnd.Interrupted)
        {
            Failure = failure,
            Tokens = failure.Kind is LlmFailureKind.Unreachable ? null : failure.Tokens,
            Microdollars = failure.Microdollars,
        };
    }

    /// <summary>Null = one that this version does not know.</summary>
    public static AnswerEvent? Of(StreamChatResponse response) => response.EventCase switch
    {
        StreamChatResponse.EventOneofCase.Started => new Started(response.Started.Model, response.Started.TakenUp),
        StreamChatResponse.EventOneofCase.Delta => new Delta(response.Delta.Text),
        StreamChatResponse.EventOneofCase.Finished => new Finished(EndOf(response.Finished.FinishReason))
        {
            PromptTokens = response.Finished.Usage?.PromptTokens ?? 0,
            CompletionTokens = response.Finished.Usage?.CompletionTokens ?? 0,
            Tokens = response.Finished.Usage is { } usage ? LlmFailure.TokensOf(usage) : null,
            FailedTokens = LlmFailure.TokensOf(response.Finished.FailedUsage),
            Microdollars = (response.Finished.Usage?.CostMicrodollars ?? 0) + (response.Finished.FailedUsage?.CostMicrodollars ?? 0),
            Facts = response.Finished.Failure,
        },
        _ => null,
    };

    private static AnswerEnd EndOf(FinishReason reason) => reason switch
    {
        FinishReason.Stop => AnswerEnd.Complete,
        FinishReason.Length => AnswerEnd.LengthLimit,
        FinishReason.ContentFilter => AnswerEnd.ContentFilter,
        _ => AnswerEnd.Interrupted,
    };
}

/// <summary>Why the LLM service could not answer.</summary>
internal enum LlmFailureKind
{
    /// <summary>The LLM service itself does not answer.</summary>
    Unreachable,
    BadRequest,
    UnknownModel,
    NotConfigured,
    KeyRejected,
    RateLimited,
    ContextTooLong,
    ProviderDown,
    TimedOut,

    /// <summary>Another call reads this answer now. Whose turn it is, the store says.</summary>
    TakenOver,
    Broken,
}

/// <param name="Facts">What the LLM service says of it; null = nothing.</param>
internal sealed record LlmFailure(LlmFailureKind Kind, Failure? Facts = null)
{
    /// <summary>With this trailer a status is the service's own, and these are the facts.</summary>
    private const string Trailer = "failure-bin";

    /// <summary>What providers counted all the same.</summary>
    public long Tokens => TokensOf(Facts?.Usage);

    public long Microdollars => Facts?.Usage?.CostMicrodollars ?? 0;

    /// <summary>One reading of every status that a call to the LLM service ends with.</summary>
    public static LlmFailure Of(RpcException error)
    {
        if (error.Trailers.GetValueBytes(Trailer) is not { } facts)
            return new LlmFailure(KindOfTransport(error));

        var kind = error.StatusCode switch
        {
            StatusCode.InvalidArgument => LlmFailureKind.BadRequest,
            StatusCode.NotFound => LlmFailureKind.UnknownModel,
            StatusCode.FailedPrecondition => LlmFailureKind.NotConfigured,
            StatusCode.Unauthenticated => LlmFailureKind.KeyRejected,
            StatusCode.ResourceExhausted => LlmFailureKind.RateLimited,
            StatusCode.OutOfRange => LlmFailureKind.ContextTooLong,
            StatusCode.Unavailable => LlmFailureKind.ProviderDown,
            StatusCode.DeadlineExceeded => LlmFailureKind.TimedOut,
            _ => LlmFailureKind.Broken,
        };
        return new LlmFailure(kind, Failure.Parser.ParseFrom(facts));
    }

    public static long TokensOf(Usage? usage) => (long)(usage?.PromptTokens ?? 0) + (usage?.CompletionTokens ?? 0);

    /// <summary>What a status means that is not the service's answer: gRPC itself or a proxy made it up, and its text is theirs.</summary>
    private static LlmFailureKind KindOfTransport(RpcException error) => error switch
    {
        // Larger than a message may be, which is far more than any model reads.
        { StatusCode: StatusCode.ResourceExhausted, Status.DebugException: null } => LlmFailureKind.ContextTooLong,
        // Nobody answered, or the service is being ended and may say so: it never cancels a call that we have not cancelled.
        { StatusCode: StatusCode.Unavailable or StatusCode.Cancelled } or { StatusCode: StatusCode.Internal, Status.DebugException: not null } => LlmFailureKind.Unreachable,
        { StatusCode: StatusCode.Aborted } => LlmFailureKind.TakenOver,
        // It has another secret than we: nobody is answered until somebody gives the same to both.
        _ when error.Trailers.Get(CallSettings.RefusalTrailer) is not null => LlmFailureKind.Unreachable,
        _ => LlmFailureKind.Broken,
    };
}

/// <summary>What a model string stands for, or why that cannot be said.</summary>
/// <param name="ContextWindow">Tokens that the model accepts; 0 = unknown.</param>
/// <param name="Known">Whether the catalogue knows the model; an unknown one may still work.</param>
/// <param name="Suggestions">Near names, best first, when it is not known.</param>
internal sealed record ModelLookup(int ContextWindow, bool Known, IReadOnlyList<string> Suggestions)
{
    /// <summary>False: its provider is not configured.</summary>
    public bool IsAvailable { get; init; } = true;

    /// <summary>Why the LLM service has not said it, and nothing of the rest is known; null = it has.</summary>
    public LlmFailure? Failure { get; init; }
}
