using System.Diagnostics;

namespace Clawdex.Gateway.Turns;

/// <summary>A stored turn that waits to be answered in this process.</summary>
/// <param name="ReceivedAt">Timestamp at which its update, or the gateway's start, was seen.</param>
internal sealed record PendingTurn(StoredTurn Turn, long ReceivedAt)
{
    /// <summary>Who asked; null = unknown.</summary>
    public long? UserId { get; init; }

    /// <summary>Left open by an earlier run of the gateway.</summary>
    public bool IsRecovered { get; init; }

    /// <summary>Written while the gateway was away.</summary>
    public bool IsLate { get; init; }

    /// <summary>The span that this turn continues, or links to when it is recovered.</summary>
    public ActivityContext Trace { get; init; }
}
