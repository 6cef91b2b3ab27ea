// How far a turn has come, in the contract's own words.
global using TurnState = Clawdex.Sessions.V1.TurnState;

namespace Clawdex.Gateway.Services;

/// <summary>Why an answer ended, by the numbers of sessions.proto.</summary>
internal enum AnswerEnd
{
    Complete = 1,
    LengthLimit,
    ContentFilter,
    Cancelled,
    Interrupted,
}

/// <summary>One accepted message and what became of it: all that is needed to answer it, or to take up where a crash left it.</summary>
internal sealed record Turn
{
    public required long Id { get; init; }

    public required Conversation Conversation { get; init; }

    public required TurnState State { get; init; }

    public required string UserText { get; init; }

    /// <summary>The user's message in the chat.</summary>
    public required int OriginMessageId { get; init; }

    /// <summary>Chat messages that already show the reply, in order.</summary>
    public required IReadOnlyList<int> ReplyMessageIds { get; init; }

    /// <summary>One more message was about to be sent, and may have been: it is looked for before anything is sent in its place.</summary>
    public bool MayHaveSentMore { get; init; }

    /// <summary>Null until the turn is answered.</summary>
    public required Answer? Answer { get; init; }

    /// <summary>The conversation's own choice of a model when the turn was read; null = the configured default.</summary>
    public string? ModelOverride { get; init; }

    /// <summary>The conversation's own choice of whether its answers may end as rich messages; null = as configured.</summary>
    public bool? Rich { get; init; }

    public required DateTimeOffset AcceptedAt { get; init; }

    /// <summary>W3C traceparent of the update that opened the turn; empty = none.</summary>
    public required string TraceParent { get; init; }

    /// <summary>Who is charged: a user, or the chat where nobody was named.</summary>
    public long UserId { get; init; }

    /// <summary>Who asked; null = nobody in particular.</summary>
    public long? AskerId => UserId > 0 ? UserId : null;

    /// <summary>What the turn is charged so far: reserved until it is settled.</summary>
    public long Tokens { get; init; }

    /// <summary>Which turn it is, also of another database, which begins with the same numbers.</summary>
    public (long Id, int OriginMessageId) Key => (Id, OriginMessageId);

    /// <summary>The LLM service's name for the answer. The time is for another database, which begins with the same numbers.</summary>
    public string AnswerId => $"{Id}@{AcceptedAt.ToUnixTimeMilliseconds()}";

    /// <summary>What is left at <paramref name="now"/> of the time within which the turn is worth answering.</summary>
    public TimeSpan LeftOf(TimeSpan worth, DateTimeOffset now) => worth - (now - AcceptedAt) is var left && left > TimeSpan.Zero ? left : TimeSpan.Zero;

    /// <summary>Another gateway answers it, or hands it over when its time comes.</summary>
    public bool IsElsewhere { get; init; }

    /// <summary>Whether it is this gateway's to answer.</summary>
    public bool IsOpen => !IsElsewhere && State is TurnState.Accepted or TurnState.Streaming or TurnState.Answered;
}

/// <summary>What the model said, complete or not.</summary>
/// <param name="Note">One sentence for the user that belongs under the text; empty = none.</param>
internal sealed record Answer(string Text, AnswerEnd End, string Note = "");
