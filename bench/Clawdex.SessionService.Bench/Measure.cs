using System.Diagnostics;

namespace Clawdex.SessionService.Bench;

/// <summary>How long calls took, in microseconds, and the processor's time of this process for each, which a busy machine changes least.</summary>
internal sealed record Measurement(double PerSecond, double P50, double P99, double Cpu)
{
    public override string ToString() => FormattableString.Invariant($"{PerSecond,9:F0}/s  p50 {P50,8:F0} us  p99 {P99,8:F0} us  CPU {Cpu,5:F0} us");
}

/// <summary>Runs calls, one after the other or by several callers, and takes their times.</summary>
internal static class Measure
{
    public static async Task<Measurement> RunAsync(int calls, int callers, Func<int, Task> call)
    {
        var times = new double[calls];
        var next = -1;
        var started = Stopwatch.GetTimestamp();
        var cpu = Environment.CpuUsage.TotalTime;
        await Task.WhenAll(Enumerable.Range(0, callers).Select(async _ =>
        {
            while (Interlocked.Increment(ref next) is var i && i < calls)
            {
                var begin = Stopwatch.GetTimestamp();
                await call(i);
                times[i] = Stopwatch.GetElapsedTime(begin).TotalMicroseconds;
            }
        }));
        var elapsed = Stopwatch.GetElapsedTime(started);
        Array.Sort(times);
        return new Measurement(calls / elapsed.TotalSeconds, times[calls / 2], times[calls * 99 / 100], (Environment.CpuUsage.TotalTime - cpu).TotalMicroseconds / calls);
    }
}
