namespace Clawdex.LlmService.Providers;

/// <summary>What one provider stream has told so far, apart from its text. Written by the event readers, read at the end.</summary>
internal sealed class AnswerState(string modelId)
{
    private ProviderFailure? _why;

    /// <summary>The model that answers, as the provider names it.</summary>
    public string Model { get; set; } = modelId;

    public TokenUsage? Usage { get; set; }

    /// <summary>Null until the provider has said that and why the answer ends.</summary>
    public FinishReason? Reason { get; private set; }

    /// <summary>The error that the stream itself reported.</summary>
    public ProviderFailure? Failure { get; set; }

    /// <summary>Nothing after this counts.</summary>
    public bool Closed { get; set; }

    /// <summary>A piece of the answer came, though it may have been empty.</summary>
    public bool Began { get; set; }

    public bool HasText { get; set; }

    /// <summary>A picture or another file came, which is not passed on.</summary>
    public bool HasPicture { get; set; }

    /// <summary>Some servers say "stop" with every piece of the text, so any other reason that follows is the true one.</summary>
    public void End(FinishReason reason, ProviderFailure? why = null)
    {
        if (Reason is null or FinishReason.Stop)
            (Reason, _why) = (reason, why);
    }

    /// <summary>The last event of the answer.</summary>
    /// <param name="broken">Why no more comes, if the provider has not said so itself.</param>
    public ChatEvent Conclude(FailureKind broken)
    {
        if (Failure is not null || Reason is null)
            return new ChatEvent.Failed((Failure ?? new ProviderFailure(broken)) with { Usage = Usage });

        var reason = Reason is FinishReason.Other ? HasText ? FinishReason.Stop : FinishReason.Interrupted : Reason.Value;
        var why = this switch
        {
            { Reason: FinishReason.Length, HasText: false } => new ProviderFailure(FailureKind.OutputSpent),
            { _why: null, HasPicture: true } => new ProviderFailure(FailureKind.PictureLeftOut),
            _ => _why,
        };
        return new ChatEvent.Finished(reason, Usage, Model, why);
    }
}
