using System.Diagnostics;
using Clawdex.Gateway.Services;

namespace Clawdex.Gateway.Turns;

/// <summary>A stored turn that waits to be answered in this process.</summary>
/// <param name="ReceivedAt">Timestamp at which its update, or the gateway's start, was seen.</param>
internal sealed record QueuedTurn(Turn Turn, long ReceivedAt)
{
    /// <summary>Timestamp at which it began to wait in its conversation's queue.</summary>
    public long QueuedAt { get; init; } = ReceivedAt;

    /// <summary>Left open by an earlier run of the gateway.</summary>
    public bool IsRecovered { get; init; }

    /// <summary>Of what is recovered: the earlier run may have asked a model. What merely waited behind another answer did not.</summary>
    public bool MayHaveBeenAsked { get; init; }

    /// <summary>What it has cost before it is run.</summary>
    public long TokensBefore => MayHaveBeenAsked ? Turn.Tokens : 0;

    /// <summary>Written while the gateway was away.</summary>
    public bool IsBacklog { get; init; }

    /// <summary>The trace of the update that opened this turn; null when it is recovered.</summary>
    public UpdateTrace? Update { get; init; }

    /// <summary>Where another run, or gateway, began to trace this turn.</summary>
    public ActivityContext EarlierTrace { get; init; }

    /// <summary>A turn whose update this process has not, or no longer.</summary>
    public static QueuedTurn Of(Turn turn, long receivedAt)
    {
        _ = ActivityContext.TryParse(turn.TraceParent, null, isRemote: true, out var trace);
        return new QueuedTurn(turn, receivedAt) { EarlierTrace = trace };
    }
}
