using System.Diagnostics.Metrics;

namespace Clawdex.SessionService;

/// <summary>What this service measures. docs/telemetry.md describes each instrument.</summary>
internal static class SessionTelemetry
{
    public const string Name = "Clawdex.SessionService";

    private static readonly Meter Meter = new(Name);
    private static readonly Counter<long> CacheReads =
        Meter.CreateCounter<long>("clawdex.session.cache.reads", "{read}", "Histories read, by whether the cache held them.");

    private static readonly Counter<long> Turns =
        Meter.CreateCounter<long>("clawdex.session.turns", "{turn}", "Turns that entered a state.");

    private static readonly Histogram<int> BatchSize = Meter.CreateHistogram(
        "clawdex.session.commit.operations", "{operation}", "Operations that shared one commit.",
        advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256] });

    private static readonly Histogram<double> CommitDuration = Meter.CreateHistogram(
        "clawdex.session.commit.duration", "s", "From the begin of a transaction until it is on the disk.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 5] });

    private static readonly KeyValuePair<string, object?> Hit = new("clawdex.cache.result", "hit");
    private static readonly KeyValuePair<string, object?> Miss = new("clawdex.cache.result", "miss");

    public static void CacheRead(bool isHit) => CacheReads.Add(1, isHit ? Hit : Miss);

    public static void TurnEntered(string state) => Turns.Add(1, new KeyValuePair<string, object?>("clawdex.turn.state", state));

    public static void Committed(TimeSpan duration, int operations)
    {
        CommitDuration.Record(duration.TotalSeconds);
        BatchSize.Record(operations);
    }
}
