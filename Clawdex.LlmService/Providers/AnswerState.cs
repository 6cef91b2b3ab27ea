namespace Clawdex.LlmService.Providers;

/// <summary>What one provider stream has told so far, apart from its text. Written by the event readers, read at the end.</summary>
internal sealed class AnswerState(string modelId)
{
    /// <summary>The model that answers, as the provider names it.</summary>
    public string Model { get; set; } = modelId;

    public TokenUsage? Usage { get; set; }

    /// <summary>Null until the provider has said that and why the answer ends.</summary>
    public FinishReason? Reason { get; private set; }

    /// <summary>What there is to say about <see cref="Reason"/>.</summary>
    public ProviderFailure? Why { get; private set; }

    /// <summary>The error that the stream itself reported.</summary>
    public ProviderFailure? Failure { get; set; }

    /// <summary>Nothing after this counts.</summary>
    public bool Closed { get; set; }

    /// <summary>Any readable event came.</summary>
    public bool Began { get; set; }

    public bool HasText { get; set; }

    public void End(FinishReason reason, ProviderFailure? why = null)
    {
        Reason ??= reason;
        Why ??= why;
    }

    /// <summary>Ends it at the output limit; without any text, the model has used that up for thinking.</summary>
    public void EndAtLimit() => End(FinishReason.Length, HasText ? null : new ProviderFailure(FailureKind.OutputSpent));

    /// <summary>Ends it for a reason that this service does not know.</summary>
    public void EndForUnknown(string reason) =>
        End(HasText ? FinishReason.Stop : FinishReason.Interrupted, new ProviderFailure(FailureKind.Stopped, SafeText.Clean(reason, key: null)));
}
