namespace Clawdex.Gateway.Services;

/// <summary>The stored turn of a message; <paramref name="Duplicate"/> = it was stored before.</summary>
/// <param name="Turn">Null = the budget is spent, and nothing was stored.</param>
/// <param name="UsedBefore">Null = it was stored before.</param>
internal sealed record AcceptedMessage(Turn? Turn, bool Duplicate, TokensUsed? UsedBefore);

/// <summary>What was spent on a turn.</summary>
/// <param name="Microdollars">What of that providers have named a price for.</param>
internal sealed record Spent(long Tokens, long Microdollars = 0);

/// <summary>Tokens of one day, reserved ones included.</summary>
internal sealed record TokensUsed(long OfUser, long OfAll);

/// <summary>A page of turns that are not settled.</summary>
/// <param name="Turns">Those that this gateway can take up.</param>
/// <param name="Count">Of all, those that it cannot included.</param>
/// <param name="LastId">What the next page comes after.</param>
internal sealed record OpenTurns(IReadOnlyList<Turn> Turns, int Count, long LastId);

/// <summary>Who speaks, by the numbers of sessions.proto.</summary>
internal enum ChatRole
{
    User = 1,
    Assistant,

    /// <summary>Stands for messages that were compacted.</summary>
    Summary,
}

internal sealed record ChatMessage(ChatRole Role, string Text);

/// <summary>What a model is shown for a turn, oldest first.</summary>
/// <param name="DroppedMessages">Older messages that did not fit.</param>
internal sealed record ChatContext(IReadOnlyList<ChatMessage> Messages, int DroppedMessages, int EstimatedTokens)
{
    /// <summary>The beginning of the conversation is left out, and was not for the question before.</summary>
    public bool IsNewlyCut { get; init; }

    /// <summary>The conversation's own choice of a model now; null = the configured default.</summary>
    public string? ModelOverride { get; init; }

    /// <summary>When the question was accepted, or edited last; null = the service does not say.</summary>
    public DateTimeOffset? AcceptedAt { get; init; }
}

/// <summary>What an answer cost, as far as the provider says so; 0 = unknown.</summary>
/// <param name="Model">The model that answered; empty = none did.</param>
/// <param name="EstimatedPromptTokens">What the context was estimated at, to learn the correction from.</param>
internal sealed record AnswerUsage(string Model, int PromptTokens, int CompletionTokens, int EstimatedPromptTokens);

/// <summary>A session's counters, for <c>/status</c> and <c>/model</c>.</summary>
internal sealed record SessionSummary
{
    public required bool Exists { get; init; }

    /// <summary>Null = the configured default.</summary>
    public required string? ModelOverride { get; init; }

    /// <summary>Whether answers may end as rich messages; null = as configured.</summary>
    public required bool? Rich { get; init; }

    /// <summary>What gave the newest answer; null = unknown, or there is none.</summary>
    public required string? LastModel { get; init; }

    public required int MessageCount { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required int ContextTokens { get; init; }

    /// <summary>What it cost as far as providers say.</summary>
    public required long CostMicrodollars { get; init; }

    /// <summary>The newest turn's trace; empty = none.</summary>
    public required string LastTraceId { get; init; }
}

internal sealed record ContextSize(int Messages, int Tokens);

/// <summary>The messages that a summary is to replace.</summary>
/// <param name="Tokens">Estimate for <paramref name="Messages"/>.</param>
/// <param name="Before">The whole context.</param>
internal sealed record CompactionRange(long FirstMessageId, long LastMessageId, IReadOnlyList<ChatMessage> Messages, int Tokens, ContextSize Before);

/// <summary>Why the session service did not do as asked.</summary>
internal enum SessionFailure
{
    /// <summary>Not reachable, or its database is busy.</summary>
    Away,

    /// <summary>Its disk is full.</summary>
    Full,

    NotFound,

    /// <summary>The turn or compaction moved on meanwhile.</summary>
    Conflict,

    /// <summary>The turn is another gateway's.</summary>
    TakenOver,

    /// <summary>The request itself is wrong; repeating it is of no use.</summary>
    Refused,

    Broken,
}

/// <summary>A call to the session service failed for good.</summary>
internal sealed class SessionException(SessionFailure failure, Exception? inner)
    : Exception($"The session service failed: {failure}", inner)
{
    public SessionFailure Failure { get; } = failure;
}
