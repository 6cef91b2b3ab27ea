using System.Diagnostics;

namespace Clawdex.Gateway;

/// <summary>
/// The trace of one Telegram update. Its root span lasts until everything that the update has set off is done, so that it
/// shows how long the user waited: whoever works on for the update later holds it, and lets go at the end.
/// </summary>
internal sealed class UpdateTrace
{
    private int _holders = 1;

    /// <summary>Null = nothing is traced.</summary>
    public Activity? Span { get; private init; }

    public ActivityContext Context => Span?.Context ?? default;

    /// <summary>The part of the trace's id that a user sees with an error; empty = nothing is traced.</summary>
    public string Reference => GatewayTelemetry.Reference(Context);

    /// <summary>Begins a trace, held by the caller.</summary>
    /// <param name="kind">What happened, of a handful of words: message, command, …</param>
    public static UpdateTrace Begin(string kind, int updateId)
    {
        var span = GatewayTelemetry.Source.StartActivity($"update {kind}", ActivityKind.Consumer);
        span?.SetTag("clawdex.update.kind", kind).SetTag("clawdex.update.id", updateId);
        return new UpdateTrace { Span = span };
    }

    public UpdateTrace Hold()
    {
        Interlocked.Increment(ref _holders);
        return this;
    }

    /// <summary>The last one to let go ends the root span.</summary>
    public void Release()
    {
        if (Interlocked.Decrement(ref _holders) != 0 || Span is null)
            return;
        // Its end would make the span current again that was current when it began, long ago and elsewhere.
        var current = Activity.Current;
        Span.Dispose();
        Activity.Current = current == Span ? null : current;
    }
}
