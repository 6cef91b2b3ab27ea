namespace Clawdex.LlmService.Providers;

/// <summary>What one provider stream has told so far, apart from its text. Written by the event readers, read at the end.</summary>
internal sealed class AnswerState(string modelId)
{
    public string RequestedModel { get; } = modelId;

    /// <summary>The model that answers, as the provider names it.</summary>
    public string Model { get; set; } = modelId;

    public TokenUsage? Usage { get; set; }

    /// <summary>Null until the provider has said that and why the answer ends.</summary>
    public FinishReason? Reason { get; set; }

    /// <summary>One sentence for the user that belongs to <see cref="Reason"/>.</summary>
    public string Detail { get; set; } = "";

    /// <summary>The error that the stream itself reported.</summary>
    public ProviderFailure? Failure { get; set; }

    /// <summary>Nothing after this counts.</summary>
    public bool Closed { get; set; }

    /// <summary>Any readable event came.</summary>
    public bool Began { get; set; }

    public bool HasText { get; set; }

    public void End(FinishReason reason, string detail = "")
    {
        Reason ??= reason;
        if (Detail.Length == 0)
            Detail = detail;
    }
}
