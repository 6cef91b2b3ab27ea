using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Clawdex.Gateway;

/// <summary>
/// The gateway's traces and metrics; docs/telemetry.md describes each. One trace per Telegram update: it starts with the
/// update, survives the chat's queue and ends with the last edit. Nothing here ever holds text of a user or a model.
/// </summary>
internal static class GatewayTelemetry
{
    public const string Name = "Clawdex.Gateway";

    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter Meter = new(Name);

    private static readonly double[] Seconds = [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300];
    private static readonly long[] Edits = [1, 2, 3, 5, 10, 20, 50, 100, 200];

    /// <summary>How conversations end: the first thing to look at when users complain.</summary>
    public static readonly Counter<long> Turns = Meter.CreateCounter<long>("clawdex.gateway.turns", "{turn}", "Turns by outcome.");

    /// <summary>What a user waits for: from the update's arrival to the first text of the answer in the chat.</summary>
    public static readonly Histogram<double> FirstTextDuration = Meter.CreateHistogram(
        "clawdex.gateway.turn.time_to_first_text", "s", "Time from an update to the first visible text.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds });

    public static readonly Histogram<double> TurnDuration = Meter.CreateHistogram(
        "clawdex.gateway.turn.duration", "s", "Time from an update to its complete reply.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds });

    /// <summary>Whether pacing works: about one per second of answer.</summary>
    public static readonly Histogram<long> EditsPerReply = Meter.CreateHistogram(
        "clawdex.gateway.reply.edits", "{edit}", "Sends and edits that one reply took.",
        advice: new InstrumentAdvice<long> { HistogramBucketBoundaries = Edits });

    /// <summary>Whether the budgets fit Telegram's real limits: should stay at 0.</summary>
    public static readonly Counter<long> TooManyRequests = Meter.CreateCounter<long>(
        "clawdex.gateway.telegram.429", "{response}", "Requests that Telegram refused as too many.");

    public static readonly UpDownCounter<long> OpenTurns =
        Meter.CreateUpDownCounter<long>("clawdex.gateway.turns.open", "{turn}", "Turns that wait or run.");

    /// <summary>What the owner pays for, as far as it is counted or estimated.</summary>
    public static readonly Counter<long> BudgetTokens =
        Meter.CreateCounter<long>("clawdex.gateway.budget.tokens", "{token}", "Tokens that answers and summaries were charged.");

    private static long _unreadableTexts, _refusedForUser, _refusedForDay;

    // Observed, unlike the others, so that they are reported while they are 0: it may never happen, and that is worth knowing.
    static GatewayTelemetry()
    {
        Meter.CreateObservableCounter(
            "clawdex.gateway.text.unreadable", () => Interlocked.Read(ref _unreadableTexts), "{piece}", "Pieces of answers on which the Markdown parser failed.");
        Meter.CreateObservableCounter(
            "clawdex.gateway.budget.refusals", ObserveRefusals, "{message}", "Messages that were not answered, by the budget that was spent.");
    }

    public static void CountUnreadableText() => Interlocked.Increment(ref _unreadableTexts);

    /// <param name="ofUser">The user's own budget is spent, not everybody's.</param>
    public static void CountRefusal(bool ofUser) => Interlocked.Increment(ref ofUser ? ref _refusedForUser : ref _refusedForDay);

    private static Measurement<long>[] ObserveRefusals() =>
    [
        new(Interlocked.Read(ref _refusedForUser), new KeyValuePair<string, object?>("clawdex.budget", "user")),
        new(Interlocked.Read(ref _refusedForDay), new KeyValuePair<string, object?>("clawdex.budget", "day")),
    ];

    public static readonly Counter<long> Commands =
        Meter.CreateCounter<long>("clawdex.gateway.commands", "{command}", "Commands and button presses by name.");

    /// <summary>Counted before any work: a flood of strangers leaves no other trace.</summary>
    public static readonly Counter<long> StrangerUpdates = Meter.CreateCounter<long>(
        "clawdex.gateway.strangers", "{update}", "Updates of people whom the bot does not serve, by whether they were told so.");

    /// <summary>The part of a trace id that a user sees with an error; empty = nothing is traced.</summary>
    public static string Reference(ActivityContext context) =>
        context.TraceId == default ? "" : context.TraceId.ToHexString()[..8];

    /// <summary>The reference of the trace that the calling code runs in.</summary>
    public static string CurrentReference => Reference(Activity.Current?.Context ?? default);

    /// <summary>The W3C traceparent of a context; empty = none.</summary>
    public static string TraceParent(ActivityContext context) =>
        context == default ? "" : $"00-{context.TraceId.ToHexString()}-{context.SpanId.ToHexString()}-{(byte)context.TraceFlags:x2}";

    /// <summary>The span of a known command, below the update that asked for it.</summary>
    public static Activity? StartCommand(string name, UpdateTrace? update)
    {
        Commands.Add(1, new KeyValuePair<string, object?>("clawdex.command", name));
        return Source.StartActivity($"command {name}", ActivityKind.Internal, update?.Context ?? default)?.SetTag("clawdex.command", name);
    }

    /// <summary>Shows time that passed in waiting as a span of its own, which ends now. Shorter than a millisecond it is none.</summary>
    public static void Waited(string name, TimeSpan waited, TimeProvider time, ActivityContext parent = default)
    {
        if (waited >= TimeSpan.FromMilliseconds(1))
            Source.StartActivity(name, ActivityKind.Internal, parent, startTime: time.GetUtcNow() - waited)?.Dispose();
    }

    /// <summary>Marks a span as failed.</summary>
    /// <param name="kind">Of a handful of words.</param>
    public static void Failed(this Activity span, string kind) =>
        span.SetTag("error.type", kind).SetStatus(ActivityStatusCode.Error);
}
