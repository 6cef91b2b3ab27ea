using System.Collections.Concurrent;
using System.Diagnostics;

namespace Clawdex.SessionService.Bench;

/// <summary>How long one kind of call took, repeated attempts and the waits between them included.</summary>
internal sealed class Latencies
{
    private readonly ConcurrentQueue<double> _milliseconds = new();

    public int Count => _milliseconds.Count;

    public double P99 => At(Sorted(), 0.99);

    /// <param name="since">Timestamp.</param>
    public void Add(long since) => _milliseconds.Enqueue(Stopwatch.GetElapsedTime(since).TotalMilliseconds);

    public void Clear() => _milliseconds.Clear();

    public override string ToString()
    {
        var sorted = Sorted();
        return FormattableString.Invariant($"{At(sorted, 0.5):F1}, {At(sorted, 0.99):F1}, {At(sorted, 1):F0}");
    }

    private double[] Sorted() => [.. _milliseconds.Order()];

    private static double At(double[] sorted, double share) => sorted.Length == 0 ? double.NaN : sorted[(int)((sorted.Length - 1) * share)];
}

/// <summary>What gateways see of the session service, from <see cref="BeginAsync"/> to <see cref="EndAsync"/>.</summary>
/// <param name="name">Heads the column.</param>
internal sealed class LoadFigures(string name, LargeStore store)
{
    private readonly ConcurrentDictionary<string, int> _troubles = [];
    private StoreCounters? _before;
    private TimeSpan _cpuBefore;
    private long _begunAt;

    public string Name => name;

    public Latencies Accept { get; } = new();

    public Latencies Complete { get; } = new();

    /// <summary>The call that says that the answer is shown: one for each turn.</summary>
    public Latencies Settle { get; } = new();

    /// <summary>At the end, of the measured time.</summary>
    public StoreCounters Used { get; private set; } = new(0, 0, 0, 0, 0, TimeSpan.Zero);

    public TimeSpan Time { get; private set; }

    /// <summary>Of this process: the session service, and the gateways, which are here only its clients.</summary>
    public TimeSpan Cpu { get; private set; }

    /// <summary>At least 1, so that it can be divided by.</summary>
    public int Turns { get; private set; } = 1;

    public int LeftUnderWay { get; private set; }

    public double PerSecond => Turns / Time.TotalSeconds;

    public string Troubles { get; private set; } = "none";

    public void Trouble(string what, int times = 1) => _troubles.AddOrUpdate(what, times, (_, before) => before + times);

    /// <summary>What came before was to warm up.</summary>
    public async Task BeginAsync(CancellationToken cancellationToken)
    {
        (_before, _cpuBefore, _begunAt) = (await store.CountAsync(cancellationToken), Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
        Accept.Clear();
        Complete.Clear();
        Settle.Clear();
        _troubles.Clear();
    }

    /// <param name="underWay">Answers that have begun and not ended.</param>
    public async Task EndAsync(int underWay, CancellationToken cancellationToken)
    {
        if (!_troubles.IsEmpty)
            Troubles = string.Join("; ", _troubles.OrderBy(trouble => trouble.Key).Select(trouble => $"{trouble.Key}: {trouble.Value}"));
        (Time, Cpu, LeftUnderWay) = (Stopwatch.GetElapsedTime(_begunAt), Environment.CpuUsage.TotalTime - _cpuBefore, underWay);
        Turns = Math.Max(Settle.Count, 1);
        var after = await store.CountAsync(cancellationToken);
        Used = _before is null ? after : after.Since(_before);
    }
}
