extern alias llm;

using System.Collections.Concurrent;
using System.Threading.Channels;
using Google.Protobuf;
using Grpc.Core;
using llm::Clawdex.Llm.V1;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http.Features;
using Client = Clawdex.Llm.V1;
using LlmProto = llm::Clawdex.Llm.V1.Llm;

namespace Clawdex.Gateway.Tests.Running;

/// <summary>
/// A language model that says what a test tells it to. Scripts are chosen by the user's last message; without one it echoes.
/// Knows every model but those whose name holds "unknown"; "missing" ones do not exist, "large" ones read 100,000 tokens instead
/// of 1,000, and nobody has a key for Meta's.
/// </summary>
internal sealed class FakeLlm : LlmProto.LlmBase
{
    private readonly ConcurrentDictionary<string, Func<LlmCall, Task>> _scripts = new();
    private readonly ConcurrentQueue<LlmCall> _calls = new();

    /// <summary>Every StreamChat call so far.</summary>
    public IReadOnlyList<LlmCall> Calls => [.. _calls];

    /// <summary>How the model reacts whenever the user's last message is <paramref name="question"/>.</summary>
    public void When(string question, Func<LlmCall, Task> script) => _scripts[question] = script;

    /// <summary>The model says these pieces at once.</summary>
    public void When(string question, params string[] deltas) => When(question, async call =>
    {
        foreach (var delta in deltas)
            await call.SayAsync(delta);
    });

    public IReadOnlyList<LlmCall> CallsFor(string question) => [.. Calls.Where(call => call.Question == question)];

    /// <summary>What each prompt is said to have cost.</summary>
    public int PromptTokens { get; set; } = 7;

    /// <summary>What each answer is said to have cost.</summary>
    public int CompletionTokens { get; set; } = 5;

    /// <summary>Whether the provider says at all what an answer has cost.</summary>
    public bool IsCounted { get; set; } = true;

    /// <summary>What each answer is said to have cost; 0 = its provider does not say.</summary>
    public long CostMicrodollars { get; set; }

    /// <summary>As a process that was killed: every call's connection breaks.</summary>
    public bool IsGone { get; set; }

    /// <summary>As a proxy before a process that was killed: calls are taken, and nobody answers.</summary>
    public bool IsSilent { get; set; }

    /// <summary>The answers that were to be ended, one for each call.</summary>
    public ConcurrentQueue<string> Stops { get; } = new();

    /// <summary>How many of those calls reach a service that does not have the answer.</summary>
    public int ServicesWithoutTheAnswer { get; set; }

    public override async Task<ResolveModelResponse> ResolveModel(ResolveModelRequest request, ServerCallContext context)
    {
        if (IsSilent)
            await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
        if (IsGone)
            LlmCall.Break(context);
        if (request.Model.Contains("missing", StringComparison.Ordinal))
            throw LlmCall.Failure(Client.FailureKind.UnknownModel);

        var response = new ResolveModelResponse
        {
            Model = new Model { Name = request.Model, Provider = "fake", ModelId = request.Model, ContextWindow = request.Model.Contains("large", StringComparison.Ordinal) ? 100_000 : 1000, DisplayName = request.Model },
            IsConfigured = !request.Model.StartsWith("meta-llama/", StringComparison.Ordinal),
            Known = !request.Model.Contains("unknown", StringComparison.Ordinal),
        };
        if (!response.Known)
            response.Suggestions.Add(["fake/near", "fake/nearly"]);
        return response;
    }

    /// <summary>Whoever stops an answer has left its call, and that is enough here.</summary>
    public override Task<StopChatResponse> StopChat(StopChatRequest request, ServerCallContext context)
    {
        Stops.Enqueue(request.AnswerId);
        return Task.FromResult(new StopChatResponse { Known = Stops.Count > ServicesWithoutTheAnswer });
    }

    public override async Task StreamChat(StreamChatRequest request, IServerStreamWriter<StreamChatResponse> responses, ServerCallContext context)
    {
        if (IsSilent)
            await Task.Delay(Timeout.InfiniteTimeSpan, context.CancellationToken);
        if (IsGone)
            LlmCall.Break(context);
        var usage = new Usage { PromptTokens = PromptTokens, CompletionTokens = CompletionTokens, CostMicrodollars = CostMicrodollars };
        var call = new LlmCall(request, responses, context, IsCounted ? usage : null);
        _calls.Enqueue(call);
        await call.StartAsync(request.Model);
        try
        {
            await (_scripts.TryGetValue(call.Question, out var script) ? script(call) : call.SayAsync($"Echo: {call.Question}"));
            await call.FinishAsync(Client.FinishReason.Stop);
        }
        finally
        {
            if (context.CancellationToken.IsCancellationRequested)
                call.NoteCancelled();
        }
    }
}

/// <summary>One request to the fake model, steered by a test.</summary>
internal sealed class LlmCall(StreamChatRequest request, IServerStreamWriter<StreamChatResponse> responses, ServerCallContext context, Usage? usage)
{
    private readonly CancellationToken _cancelled = context.CancellationToken;

    private readonly TaskCompletionSource _wasCancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _finished;

    public StreamChatRequest Request => request;

    public string Question => request.Messages[^1].Content;

    /// <summary>The prompt's messages as "role: text".</summary>
    public IReadOnlyList<string> Prompt =>
        [.. request.Messages.Select(message => $"{(message.Role is Role.Assistant ? "assistant" : "user")}: {message.Content}")];

    /// <summary>Fires when the gateway gives up on the stream.</summary>
    public CancellationToken Cancelled => _cancelled;

    /// <summary>Completes when the gateway has given up on the stream.</summary>
    public Task WasCancelled => _wasCancelled.Task;

    /// <summary>This model is asked now; a second time: it stands in for the one before.</summary>
    public Task StartAsync(string model) =>
        responses.WriteAsync(new StreamChatResponse { Started = new Started { Model = model, Provider = "fake", ContextWindow = 1000 } }, _cancelled);

    public Task SayAsync(string text) => responses.WriteAsync(new StreamChatResponse { Delta = new Delta { Text = text } }, _cancelled);

    /// <summary>Ends the connection as the death of the process does.</summary>
    public void Break() => Break(context);

    public static void Break(ServerCallContext context)
    {
        context.GetHttpContext().Features.GetRequiredFeature<IConnectionLifetimeFeature>().Abort();
        throw new RpcException(new Status(StatusCode.Unavailable, "gone"));
    }

    /// <summary>Says nothing until the gateway gives up.</summary>
    public async Task HangAsync()
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, _cancelled).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        NoteCancelled();
        throw new RpcException(new Status(StatusCode.Cancelled, "cancelled"));
    }

    public Task FinishAsync(Client.FinishReason reason, Client.Failure? failure = null)
    {
        if (_finished)
            return Task.CompletedTask;
        _finished = true;
        return responses.WriteAsync(
            new StreamChatResponse
            {
                Finished = new Finished { FinishReason = (FinishReason)reason, Failure = failure is null ? null : FailureOf(failure), Usage = usage },
            },
            _cancelled);
    }

    /// <summary>A failure of the service itself, at Gemini: it has facts.</summary>
    public static RpcException Failure(Client.FailureKind kind) => new(
        new Status(
            kind switch
            {
                Client.FailureKind.UnknownModel => StatusCode.NotFound,
                Client.FailureKind.NotConfigured => StatusCode.FailedPrecondition,
                Client.FailureKind.KeyRejected => StatusCode.Unauthenticated,
                Client.FailureKind.RateLimited => StatusCode.ResourceExhausted,
                Client.FailureKind.ContextTooLong => StatusCode.OutOfRange,
                Client.FailureKind.Silent => StatusCode.DeadlineExceeded,
                _ => StatusCode.Unavailable,
            },
            $"{kind}"),
        new Metadata { { "failure-bin", new Client.Failure { Kind = kind, Provider = "gemini", ModelId = "fake" }.ToByteArray() } });

    /// <summary>The service's message for the client's.</summary>
    private static llm::Clawdex.Llm.V1.Failure FailureOf(Client.Failure failure) => llm::Clawdex.Llm.V1.Failure.Parser.ParseFrom(failure.ToByteArray());

    /// <summary>A status that comes from something between the service and the gateway.</summary>
    public static RpcException TransportFailure(StatusCode status, string message) => new(new Status(status, message));

    public void NoteCancelled() => _wasCancelled.TrySetResult();
}

/// <summary>Lets a test decide when a script goes on.</summary>
internal sealed class Gate
{
    private readonly Channel<bool> _steps = Channel.CreateUnbounded<bool>();

    public void Open() => _steps.Writer.TryWrite(true);

    /// <summary>Waits for the next <see cref="Open"/>.</summary>
    public async Task PassAsync(CancellationToken cancellationToken) => await _steps.Reader.ReadAsync(cancellationToken);
}
