namespace Clawdex.SessionService.Model;

/// <summary>Who speaks in a message, by the names and numbers of sessions.proto.</summary>
internal enum MessageRole
{
    User = 1,
    Assistant,
}

/// <summary>
/// A question or an answer. Messages are only ever added, or deleted: all together by a reset, a turn's when it is too old. A
/// question that is still to be answered reads as its author has edited it.
/// </summary>
/// <remarks>
/// The id is the place in the conversation: twice the turn's id for the user's message, one more for the assistant's. An
/// answer thus sorts behind its question even when a newer question was stored first, and a turn cannot have two answers.
/// </remarks>
internal sealed record Message
{
    public required long Id { get; init; }

    public required long SessionId { get; init; }

    public required MessageRole Role { get; init; }

    public required string Content { get; init; }

    /// <summary>Estimate: chars / 4. The session's correction is not part of it.</summary>
    public required int TokenCount { get; init; }

    /// <summary>What the user's message was accepted under; null for an assistant's.</summary>
    public string? SourceId { get; init; }

    /// <summary>Of a question, when its turn was accepted: later once it was edited.</summary>
    public required DateTimeOffset InsertedAt { get; init; }

    /// <summary>The turn of the command that took it back (<c>/undo</c>, <c>/retry</c>): it stays, outside the conversation. Null = it is part of it.</summary>
    public long? TakenBackBy { get; set; }

    /// <summary>The question or the answer of a turn.</summary>
    public static Message Of(Turn turn, MessageRole role, string content) => new()
    {
        Id = role is MessageRole.User ? IdOfUser(turn.Id) : IdOfAssistant(turn.Id),
        SessionId = turn.SessionId,
        Role = role,
        Content = content,
        TokenCount = TokenEstimate.Of(content),
        SourceId = role is MessageRole.User ? turn.SourceId : null,
        InsertedAt = turn.AnsweredAt ?? turn.AcceptedAt,
    };

    public static long IdOfUser(long turnId) => 2 * turnId;

    public static long IdOfAssistant(long turnId) => (2 * turnId) + 1;

    public static long TurnOf(long messageId) => messageId / 2;
}
