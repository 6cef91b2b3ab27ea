namespace Clawdex.WholeSystem.Bench;

/// <summary>CPU time and peak memory of groups of processes over a stretch of time.</summary>
internal sealed class Usage : IAsyncDisposable
{
    /// <summary>Reading a process's PSS walks its page tables: too often would cost what it measures.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    private readonly IReadOnlyList<ProcessGroup> _groups;
    private readonly Dictionary<ProcessGroup, double> _cpuBefore;
    private readonly CancellationTokenSource _stop = new();
    private readonly long _startedAt = TimeProvider.System.GetTimestamp();
    private readonly Task _sampling;

    public Usage(params IReadOnlyList<ProcessGroup> groups)
    {
        _groups = groups;
        _cpuBefore = groups.ToDictionary(group => group, group => group.CpuSeconds);
        _sampling = SampleAsync();
    }

    public TimeSpan Elapsed => TimeProvider.System.GetElapsedTime(_startedAt);

    /// <summary>Over all groups together, in MiB.</summary>
    public double PeakPss { get; private set; }

    /// <summary>Each group's at the moment of the peak of all.</summary>
    public IReadOnlyDictionary<ProcessGroup, double> AtPeak { get; private set; } = new Dictionary<ProcessGroup, double>();

    public double CpuSeconds(ProcessGroup group) => group.CpuSeconds - _cpuBefore[group];

    public double CpuSecondsOfAll => _groups.Sum(CpuSeconds);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _sampling.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task SampleAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            var now = _groups.ToDictionary(group => group, group => group.PssMiB);
            if (now.Values.Sum() > PeakPss)
                (PeakPss, AtPeak) = (now.Values.Sum(), now);
            await Task.Delay(Period, TimeProvider.System, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
