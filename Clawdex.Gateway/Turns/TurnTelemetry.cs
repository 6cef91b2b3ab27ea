using System.Diagnostics;
using Clawdex.Gateway.Outbound;

namespace Clawdex.Gateway.Turns;

/// <summary>How a turn ended, for telemetry.</summary>
internal enum TurnOutcome
{
    Delivered,
    Stopped,
    Interrupted,
    Failed,

    /// <summary>Left open for the next start.</summary>
    Parked,

    /// <summary>The chat is gone.</summary>
    Abandoned,
}

/// <summary>
/// The spans and metrics of one turn. It belongs to its update's trace, and its wait in the queue is a span of its own; a
/// recovered turn begins a new trace that links to the old one.
/// </summary>
internal sealed class TurnTelemetry : IDisposable
{
    private readonly PendingTurn _pending;
    private readonly TimeProvider _time;
    private readonly Activity? _span;

    public TurnTelemetry(PendingTurn pending, TimeProvider time)
    {
        (_pending, _time) = (pending, time);
        var waitedSince = time.GetUtcNow() - time.GetElapsedTime(pending.ReceivedAt);
        if (pending.IsRecovered)
        {
            ActivityLink[] links = pending.Trace == default ? [] : [new ActivityLink(pending.Trace)];
            _span = GatewayTelemetry.Source.StartActivity("turn", ActivityKind.Internal, default(ActivityContext), links: links);
            return;
        }

        GatewayTelemetry.Source.StartActivity("queue", ActivityKind.Internal, pending.Trace, startTime: waitedSince)?.Dispose();
        _span = GatewayTelemetry.Source.StartActivity("turn", ActivityKind.Internal, pending.Trace);
    }

    public void Ended(TurnOutcome outcome, StreamedReply reply)
    {
        var tag = new KeyValuePair<string, object?>("clawdex.outcome", outcome.ToString());
        _span?.SetTag(tag.Key, tag.Value);
        GatewayTelemetry.Turns.Add(1, tag);
        GatewayTelemetry.TurnDuration.Record(_time.GetElapsedTime(_pending.ReceivedAt).TotalSeconds, tag);
        GatewayTelemetry.EditsPerReply.Record(reply.Calls, tag);
        if (reply.FirstTextAt is { } firstText)
            GatewayTelemetry.FirstTextDuration.Record(_time.GetElapsedTime(_pending.ReceivedAt, firstText).TotalSeconds, tag);
    }

    public void Dispose() => _span?.Dispose();
}
