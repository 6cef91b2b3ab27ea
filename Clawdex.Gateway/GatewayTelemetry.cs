using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Clawdex.Gateway;

/// <summary>
/// The gateway's traces and metrics. One trace per Telegram update: it starts with the update, survives the chat's queue and
/// ends with the last edit. Tags never hold text of a user or a model.
/// </summary>
internal static class GatewayTelemetry
{
    public const string Name = "Clawdex.Gateway";

    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter Meter = new(Name);

    /// <summary>How conversations end: the first thing to look at when users complain.</summary>
    public static readonly Counter<long> Turns = Meter.CreateCounter<long>("clawdex.gateway.turns", "{turn}", "Turns by outcome");

    /// <summary>What a user waits for: from the update's arrival to the first text of the answer in the chat.</summary>
    public static readonly Histogram<double> FirstTextDuration =
        Meter.CreateHistogram<double>("clawdex.gateway.turn.time_to_first_text", "s", "Time from an update to the first visible text");

    public static readonly Histogram<double> TurnDuration =
        Meter.CreateHistogram<double>("clawdex.gateway.turn.duration", "s", "Time from an update to its complete reply");

    /// <summary>Whether pacing works: about one per second of answer.</summary>
    public static readonly Histogram<long> EditsPerReply =
        Meter.CreateHistogram<long>("clawdex.gateway.reply.edits", "{edit}", "Edits of one reply");

    /// <summary>Whether the budgets fit Telegram's real limits: should stay at 0.</summary>
    public static readonly Counter<long> TooManyRequests =
        Meter.CreateCounter<long>("clawdex.gateway.telegram.429", "{response}", "Requests that Telegram refused as too many");

    public static readonly UpDownCounter<long> OpenTurns =
        Meter.CreateUpDownCounter<long>("clawdex.gateway.turns.open", "{turn}", "Turns that wait or run");

    /// <summary>The part of a trace id that a user sees with an error; empty = nothing is traced.</summary>
    public static string Reference(ActivityContext context) =>
        context.TraceId == default ? "" : context.TraceId.ToHexString()[..8];

    /// <summary>The W3C traceparent of a context; empty = none.</summary>
    public static string TraceParent(ActivityContext context) =>
        context == default ? "" : $"00-{context.TraceId.ToHexString()}-{context.SpanId.ToHexString()}-{(byte)context.TraceFlags:x2}";
}
