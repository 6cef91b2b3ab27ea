namespace Clawdex.SessionService.Model;

/// <summary>
/// Where a turn is on its way from a user's message to a visible reply, by the names and numbers of sessions.proto. The last four are
/// settled: nothing follows.
/// </summary>
internal enum TurnState
{
    /// <summary>The user's message is stored; nothing of the reply is visible.</summary>
    Accepted = 1,

    /// <summary>Some of the reply is visible in the chat.</summary>
    Streaming,

    /// <summary>The answer is stored, but perhaps not yet visible in full.</summary>
    Answered,

    /// <summary>The whole answer is visible.</summary>
    Delivered,

    /// <summary>The user stopped the reply.</summary>
    Cancelled,

    /// <summary>There is no answer, and the user knows why.</summary>
    Failed,

    /// <summary>The reply broke off, and the user knows it.</summary>
    Interrupted,
}

/// <summary>Why a model stopped writing, by the numbers of sessions.proto.</summary>
internal enum FinishReason
{
    /// <summary>Nothing was said about it.</summary>
    Unknown,

    /// <summary>The model had said everything.</summary>
    Stop,

    /// <summary>The model reached its output limit.</summary>
    Length,

    /// <summary>The provider withheld the rest.</summary>
    ContentFilter,

    /// <summary>The user stopped it.</summary>
    Cancelled,

    /// <summary>The stream broke off.</summary>
    Interrupted,
}

/// <summary>
/// What became of one accepted message. Turns survive a reset for as long as their update may be
/// delivered again, so that it is still a duplicate afterwards; the reset's own update is one of them, settled from the start.
/// When the session is forgotten, they move to the one of <see cref="Session.ForgottenKey"/>, and only that is left of them.
/// </summary>
internal sealed record Turn
{
    /// <summary>The owner of a turn behind those of another gateway, which hands it over to itself when it has settled them.</summary>
    public const string Waiting = "waiting";

    public long Id { get; init; }

    public required long SessionId { get; init; }

    /// <summary>Unique per session: the same update, delivered again, has the same one.</summary>
    public required string SourceId { get; init; }

    public required TurnState State { get; set; }

    public required long OriginMessageId { get; init; }

    /// <summary>Chat messages that show the reply, in order.</summary>
    public long[] ReplyMessageIds { get; set; } = [];

    public FinishReason FinishReason { get; set; }

    /// <summary>Why a turn ended without an answer; never text from the user.</summary>
    public string? Error { get; set; }

    /// <summary>One sentence for the user that belongs under the answer.</summary>
    public string? Detail { get; set; }

    /// <summary>Model string that answered.</summary>
    public string? Model { get; set; }

    public int PromptTokens { get; set; }

    public int CompletionTokens { get; set; }

    /// <summary>Who is charged: a user, or a chat where nobody is named; 0 = nobody.</summary>
    public long UserId { get; init; }

    /// <summary>What the user is charged on the day of <see cref="AcceptedAt"/>: reserved until the turn is settled, then what it cost.</summary>
    public long Tokens { get; set; }

    /// <summary>What the provider says that it cost; 0 = it does not say.</summary>
    public long CostMicrodollars { get; set; }

    /// <summary>W3C traceparent of the update that opened the turn.</summary>
    public string? TraceParent { get; init; }

    /// <summary>The session was reset while this turn was open: its texts are kept below until it settles, outside the history.</summary>
    public bool Detached { get; set; }

    /// <summary>The gateway that answers it, or <see cref="Waiting"/>; empty = any, because the one that took it in did not say who it is.</summary>
    public string Owner { get; set; } = "";

    /// <summary>Somebody said <c>/stop</c> to a gateway that does not answer it, or who asked was let out.</summary>
    public bool StopRequested { get; set; }

    public string? DetachedUserText { get; set; }

    public string? DetachedAnswerText { get; set; }

    public required DateTimeOffset AcceptedAt { get; init; }

    public DateTimeOffset? AnsweredAt { get; set; }

    /// <summary>Null while the turn is open.</summary>
    public DateTimeOffset? SettledAt { get; set; }

    /// <summary>Whether a gateway may move it. A gateway that does not say who it is (empty) may move every turn.</summary>
    public bool IsFor(string gateway) => gateway.Length == 0 || Owner.Length == 0 || Owner == gateway;
}

/// <summary>A turn with its session and the texts of its messages. The answer is empty until there is one.</summary>
internal sealed record TurnView(Turn Turn, Session Session, string UserText, string AnswerText);
