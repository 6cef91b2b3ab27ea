namespace Clawdex.SessionService.Model;

/// <summary>A row of <c>sessions</c>: one conversation in one chat or forum topic.</summary>
internal sealed record Session
{
    /// <summary>The key of the session that has the turns of all forgotten ones, for as long as their updates may be delivered again.</summary>
    public const string ForgottenKey = "forgotten";

    public long Id { get; init; }

    /// <summary>"telegram:12345", or "telegram:-100123:topic:7" for a forum topic.</summary>
    public required string SessionKey { get; init; }

    public required string Channel { get; init; }

    public required string ChatId { get; init; }

    /// <summary>Null = the configured default.</summary>
    public string? ModelOverride { get; init; }

    /// <summary>Messages since the session began or was reset, compacted ones included.</summary>
    public int MessageCount { get; init; }

    /// <summary>What providers count for this session's prompts, divided by what chars / 4 says.</summary>
    public double TokenCorrection { get; init; } = 1;

    /// <summary>Grows by one with each change of the session: concurrency token of the row and order of the cache's changes.</summary>
    public long Version { get; init; }

    public DateTimeOffset InsertedAt { get; init; }

    public DateTimeOffset UpdatedAt { get; init; }
}
