using System.Diagnostics;
using Clawdex.Gateway.Replies;

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
internal sealed class TurnTelemetry(QueuedTurn pending, TimeProvider time) : IDisposable
{
    private readonly Activity? _span = Begin(pending, time);

    public void Ended(TurnOutcome outcome, Reply reply)
    {
        var tag = new KeyValuePair<string, object?>("clawdex.outcome", outcome.ToString());
        GatewayTelemetry.Turns.Add(1, tag);
        GatewayTelemetry.TurnDuration.Record(time.GetElapsedTime(pending.ReceivedAt).TotalSeconds, tag);
        GatewayTelemetry.EditsPerReply.Record(reply.Calls, tag);
        _span?.SetTag("clawdex.outcome", outcome.ToString()).SetTag("clawdex.reply.edits", reply.Calls).SetTag("clawdex.reply.messages", reply.MessageIds.Count);
        if (reply.FirstTextAt is { } firstText)
        {
            GatewayTelemetry.FirstTextDuration.Record(time.GetElapsedTime(pending.ReceivedAt, firstText).TotalSeconds, tag);
            _span?.AddEvent(new ActivityEvent("clawdex.first_text", time.GetUtcNow() - time.GetElapsedTime(firstText)));
        }

        // A user's /stop and a shutdown are no errors.
        if (outcome is TurnOutcome.Failed or TurnOutcome.Interrupted)
            _span?.Failed(_span.GetTagItem("clawdex.finish_reason")?.ToString() ?? outcome.ToString());
    }

    public void Dispose() => _span?.Dispose();

    private static Activity? Begin(QueuedTurn pending, TimeProvider time)
    {
        if (pending.Update is { } update)
            GatewayTelemetry.Waited("queue", time.GetElapsedTime(pending.QueuedAt), time, update.Context);
        ActivityLink[] links = pending.EarlierTrace == default ? [] : [new ActivityLink(pending.EarlierTrace)];
        return GatewayTelemetry.Source.StartActivity("turn", ActivityKind.Internal, pending.Update?.Context ?? default, links: links)
            ?.SetTag("clawdex.turn.id", pending.Turn.Id).SetTag("clawdex.turn.recovered", pending.IsRecovered);
    }
}
