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

    private static readonly Histogram<int> BatchSize =
        Meter.CreateHistogram<int>("clawdex.session.commit.operations", "{operation}", "Operations that shared one commit.");

    private static readonly Histogram<double> CommitDuration =
        Meter.CreateHistogram<double>("clawdex.session.commit.duration", "s", "From the begin of a transaction until it is on the disk.");

    private static readonly KeyValuePair<string, object?> Hit = new("clawdex.cache.result", "hit");
    private static readonly KeyValuePair<string, object?> Miss = new("clawdex.cache.result", "miss");

    public static void CacheHit() => CacheReads.Add(1, Hit);

    public static void CacheMiss() => CacheReads.Add(1, Miss);

    public static void TurnEntered(string state) => Turns.Add(1, new KeyValuePair<string, object?>("clawdex.turn.state", state));

    public static void Committed(TimeSpan duration, int operations)
    {
        CommitDuration.Record(duration.TotalSeconds);
        BatchSize.Record(operations);
    }
}
