using Clawdex.Gateway.Markdown;
using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;

namespace Clawdex.Gateway.Turns.Answers;

/// <summary>What the model has said when its stream ended, however it ended.</summary>
internal sealed record ModelResult(string Text, AnswerEnd End)
{
    /// <summary>Null = the model's provider did not fail.</summary>
    public LlmFailure? Failure { get; init; }

    /// <summary>Why an answer is not complete; null = it is, or nobody says.</summary>
    public Llm.V1.Failure? Facts { get; init; }

    public AnswerUsage Usage { get; init; } = new("", 0, 0, 0);

    /// <summary>How many messages the model was shown besides a summary; 0 = it was not asked.</summary>
    public int PromptMessages { get; init; }

    /// <summary>What else the user reads below the text, a line each.</summary>
    public IReadOnlyList<string> Remarks { get; init; } = [];

    /// <summary>What the last event of an answer makes of its text.</summary>
    public static ModelResult Of(string text, AnswerEvent.Finished end, AnswerUsage usage) => new(text, end.End)
    {
        Failure = end.Failure,
        Facts = end.Facts,
        Usage = usage with { PromptTokens = end.PromptTokens, CompletionTokens = end.CompletionTokens },
    };

    public bool HasText => !VisibleText.IsEmpty(Text);

    /// <summary>Short and stable, for the turn's record.</summary>
    public string Error => Failure?.Kind.ToString() ?? End.ToString();

    /// <summary>What the user reads below the text, or instead of it; empty = nothing.</summary>
    /// <param name="reference">Leads from a user's report to the trace.</param>
    public string Note(string reference)
    {
        var note = this switch
        {
            { Failure: { } failure } => UserTexts.Failure(failure, reference),
            { End: AnswerEnd.Cancelled } => HasText ? UserTexts.Stopped : UserTexts.StoppedBeforeText,
            { End: AnswerEnd.Complete, Facts.Kind: Llm.V1.FailureKind.PictureLeftOut } => UserTexts.PictureLeftOut,
            { End: AnswerEnd.Complete } => HasText ? "" : UserTexts.EmptyAnswer,
            { Facts: { } facts } => UserTexts.WithReference(UserTexts.OfProvider(facts), reference),
            { End: AnswerEnd.LengthLimit } => UserTexts.LengthLimit,
            { End: AnswerEnd.ContentFilter } => UserTexts.ContentFilter,
            _ => UserTexts.WithReference(UserTexts.Interrupted, reference),
        };
        return string.Join('\n', Remarks.Append(note)).TrimEnd();
    }
}
