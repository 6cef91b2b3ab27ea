namespace Clawdex.SessionService.Model;

/// <summary>
/// A row of <c>turns</c>: what became of one accepted message. Turns survive a reset for as long as their update may be
/// delivered again, so that it is still a duplicate afterwards; the reset's own update is one of them, settled from the start.
/// When the session is forgotten, they move to the one of <see cref="Session.ForgottenKey"/>, and only that is left of them.
/// </summary>
internal sealed record Turn
{
    public long Id { get; init; }

    public required long SessionId { get; init; }

    /// <summary>Unique per session: the same update, delivered again, has the same one.</summary>
    public required string SourceId { get; init; }

    public required TurnState State { get; init; }

    public required long OriginMessageId { get; init; }

    /// <summary>Chat messages that show the reply, in order.</summary>
    public long[] ReplyMessageIds { get; init; } = [];

    public FinishReason FinishReason { get; init; }

    /// <summary>Why a turn ended without an answer; never text from the user.</summary>
    public string? Error { get; init; }

    /// <summary>One sentence for the user that belongs under the answer.</summary>
    public string? Detail { get; init; }

    /// <summary>Model string that answered.</summary>
    public string? Model { get; init; }

    public int PromptTokens { get; init; }

    public int CompletionTokens { get; init; }

    /// <summary>W3C traceparent of the update that opened the turn.</summary>
    public string? TraceParent { get; init; }

    /// <summary>The session was reset while this turn was open: its texts are kept below until it settles, outside the history.</summary>
    public bool Detached { get; init; }

    public string? DetachedUserText { get; init; }

    public string? DetachedAnswerText { get; init; }

    public required DateTimeOffset AcceptedAt { get; init; }

    public DateTimeOffset? AnsweredAt { get; init; }

    /// <summary>Null while the turn is open.</summary>
    public DateTimeOffset? SettledAt { get; init; }
}
