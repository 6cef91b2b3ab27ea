namespace Clawdex.LlmService.Providers;

/// <summary>Why an answer ended.</summary>
internal enum FinishReason
{
    Stop,
    Length,
    ContentFilter,
    Interrupted,

    /// <summary>Only until the end of a stream: for a reason that this service does not know.</summary>
    Other,
}

/// <summary>Tokens as the provider counted them; the completion includes the model's thoughts.</summary>
internal sealed record TokenUsage(int PromptTokens, int CompletionTokens)
{
    /// <summary>As the provider says; 0 = it does not say.</summary>
    public long CostMicrodollars { get; init; }

    /// <summary>Null = nothing was counted.</summary>
    public static TokenUsage? Sum(TokenUsage? left, TokenUsage? right) => left is null || right is null
        ? left ?? right
        : new TokenUsage(Sum(left.PromptTokens, right.PromptTokens), Sum(left.CompletionTokens, right.CompletionTokens))
        {
            CostMicrodollars = left.CostMicrodollars + right.CostMicrodollars,
        };

    /// <summary>As much as there is room for: a provider may count absurdly, and a sum below zero would be stored nowhere.</summary>
    public static int Sum(int left, int right) => (int)Math.Min((long)left + right, int.MaxValue);
}

/// <summary>What happens while a model answers, in order: started, deltas, and one finished or failed at the end.</summary>
internal abstract record ChatEvent
{
    private ChatEvent()
    {
    }

    /// <summary>A model is asked. Comes again when a fall-back model takes over, and only before the first delta.</summary>
    public sealed record Started(string Model, string Provider, int ContextWindow) : ChatEvent
    {
        /// <summary>An earlier call has asked for this answer.</summary>
        public bool IsTakenUp { get; init; }
    }

    /// <summary>A piece of text for the user; never empty.</summary>
    public sealed record Delta(string Text) : ChatEvent;

    /// <param name="Model">The model that answered, as the provider names it.</param>
    /// <param name="Why">Why the answer is not what it could be; null when there is nothing to say.</param>
    public sealed record Finished(FinishReason Reason, TokenUsage? Usage, string Model, ProviderFailure? Why) : ChatEvent
    {
        /// <summary>What the attempts cost that failed before this answer; null = nothing.</summary>
        public TokenUsage? FailedUsage { get; init; }
    }

    /// <summary>There is no answer, or from a provider: no more of it.</summary>
    public sealed record Failed(ProviderFailure Failure) : ChatEvent;
}
