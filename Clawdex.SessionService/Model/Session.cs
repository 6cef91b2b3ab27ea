namespace Clawdex.SessionService.Model;

/// <summary>What names a session: the key, and the channel and chat that it consists of.</summary>
/// <param name="SessionKey"><c>channel:chat</c>, with <c>:topic:7</c> behind it for a forum topic.</param>
internal sealed record SessionIdentity(string SessionKey, string Channel, string ChatId);

/// <summary>One conversation in one chat or forum topic.</summary>
internal sealed record Session
{
    /// <summary>The key of the session that has the turns of all forgotten ones, for as long as their updates may be delivered again.</summary>
    public const string ForgottenKey = "forgotten";

    public long Id { get; init; }

    /// <summary>"telegram:12345", or "telegram:-100123:topic:7" for a forum topic.</summary>
    public required string SessionKey { get; set; }

    public required string Channel { get; init; }

    public required string ChatId { get; set; }

    /// <summary>Null = the configured default.</summary>
    public string? ModelOverride { get; set; }

    /// <summary>Whether answers may end as rich messages; null = as configured.</summary>
    public bool? Rich { get; set; }

    /// <summary>Messages since the session began or was reset, compacted ones included.</summary>
    public int MessageCount { get; set; }

    /// <summary>What providers count for this session's prompts, divided by what chars / 4 says.</summary>
    public double TokenCorrection { get; set; } = 1;

    /// <summary>Grows by one with each change of the session or its history: the row's concurrency token.</summary>
    public long Version { get; set; }

    public required DateTimeOffset InsertedAt { get; set; }

    public required DateTimeOffset UpdatedAt { get; set; }
}
