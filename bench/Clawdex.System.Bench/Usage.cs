namespace Clawdex.WholeSystem.Bench;

/// <summary>CPU time and peak memory of processes over a stretch of time.</summary>
internal sealed class Usage : IAsyncDisposable
{
    /// <summary>Reading a process's PSS walks its page tables: too often would cost what it measures.</summary>
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    private readonly IReadOnlyList<WatchedProcess> _processes;
    private readonly Dictionary<WatchedProcess, double> _cpuBefore;
    private readonly CancellationTokenSource _stop = new();
    private readonly long _startedAt = TimeProvider.System.GetTimestamp();
    private readonly Task _sampling;

    public Usage(params IReadOnlyList<WatchedProcess> processes)
    {
        _processes = processes;
        _cpuBefore = processes.ToDictionary(process => process, process => process.CpuSeconds);
        _sampling = SampleAsync();
    }

    public TimeSpan Elapsed => TimeProvider.System.GetElapsedTime(_startedAt);

    /// <summary>Over all processes together, in MiB.</summary>
    public double PeakPss { get; private set; }

    /// <summary>Each group's at the moment of the peak of all.</summary>
    public IReadOnlyDictionary<WatchedProcess, double> AtPeak { get; private set; } = new Dictionary<WatchedProcess, double>();

    public double CpuSeconds(params IReadOnlyList<WatchedProcess> processes) =>
        processes.Sum(process => process.CpuSeconds - _cpuBefore[process]);

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
            var now = _processes.ToDictionary(process => process, process => process.PssMiB);
            if (now.Values.Sum() > PeakPss)
                (PeakPss, AtPeak) = (now.Values.Sum(), now);
            await Task.Delay(Period, TimeProvider.System, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }
}
