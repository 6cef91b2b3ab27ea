using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Clawdex.Gateway.Markdown;

namespace Clawdex.Gateway.Bench;

/// <summary>What each shape of text costs while it grows by 97 characters, in CPU time, against prose of the same length in the same run.</summary>
internal static partial class Cost
{
    private const int Step = 97;
    private const int Repetitions = 9;
    private const double MaxRatio = 6;
    private const double MaxGrowth = 2.5;
    private static readonly TimeSpan MaxP99 = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan MaxFrame = TimeSpan.FromMilliseconds(100);

    /// <returns>How many shapes miss a goal.</returns>
    public static int Run(IReadOnlyList<int> lengths, string only)
    {
        var missed = 0;
        // First everything is compiled.
        foreach (var shape in Shapes.All.Values)
            MeasureOnce(Grown(shape(4000)), 20);
        foreach (var length in lengths)
        {
            var prose = Grown(Shapes.Prose(length));
            Write($"{length:N0} characters; prose: {MeasureOnce(prose, Rounds(length)).Total.TotalMilliseconds:0.0} ms");
            foreach (var (name, shape) in Shapes.All.Where(shape => shape.Key.Contains(only, StringComparison.Ordinal)))
            {
                var (ratio, growth, whole) = Compare(prose, Grown(shape(length)), Grown(shape(length / 2)), Rounds(length));
                var isMissed = ratio > MaxRatio || growth > MaxGrowth || whole.P99 > MaxP99 || whole.Worst > MaxFrame;
                missed += isMissed ? 1 : 0;
                Write($"| {name} | {ratio:0.0} | {growth:0.0} | {whole.P99.TotalMilliseconds:0.00} | {whole.Worst.TotalMilliseconds:0.0} |{(isMissed ? " MISSED" : "")}");
            }
        }

        Write($"missed: {missed}");
        return missed;
    }

    private static int Rounds(int length) => Math.Max(100_000 / length, 1);

    // A core changes its speed from second to second, with what its neighbours do: the three are measured in turn, and the middle of what each turn says counts.
    private static (double Ratio, double Growth, Figures Whole) Compare(string[] prose, string[] text, string[] half, int rounds)
    {
        var figures = Enumerable.Range(0, Repetitions)
            .Select(_ => (Prose: MeasureOnce(prose, rounds), Whole: MeasureOnce(text, rounds), Half: MeasureOnce(half, rounds * 2)))
            .ToArray();
        var whole = figures.Select(row => row.Whole).MinBy(row => row.Total)!;
        return (Median(figures.Select(row => row.Whole.Total / row.Prose.Total)), Median(figures.Select(row => row.Whole.Total / row.Half.Total)), whole);
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Repetitions / 2);

    // Made before, because copies of a long text drive all else out of the processor's cache.
    private static string[] Grown(string text) =>
        [.. Enumerable.Range(1, (text.Length - 1) / Step).Select(step => text[..(step * Step)]), text];

    private static Figures MeasureOnce(string[] grown, int rounds)
    {
        List<TimeSpan> frames = [];
        var total = TimeSpan.Zero;
        for (var round = 0; round < rounds; round++)
        {
            var growing = new GrowingText();
            foreach (var text in grown.AsSpan()[..^1])
            {
                frames.Add(TimeOf(() => growing.Render(text, complete: false)));
                total += frames[^1];
            }

            total += TimeOf(() => growing.Render(grown[^1], complete: true));
        }

        frames.Sort();
        return new Figures(total / rounds, frames[frames.Count * 99 / 100], frames[^1]);
    }

    // Of this thread alone, where the system tells: other processes, and the compiler's threads, do not count.
    private static TimeSpan TimeOf(Action action)
    {
        var start = Now();
        action();
        return Now() - start;
    }

    private static TimeSpan Now()
    {
        if (!OperatingSystem.IsLinux())
            return Stopwatch.GetElapsedTime(0);

        const int ThreadCpuTime = 3;
        _ = ClockGetTime(ThreadCpuTime, out var now);
        return TimeSpan.FromTicks((now.Seconds * TimeSpan.TicksPerSecond) + (now.Nanoseconds / TimeSpan.NanosecondsPerTick));
    }

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int ClockGetTime(int clock, out TimeSpec time);

    private readonly record struct TimeSpec(long Seconds, long Nanoseconds);

    private static void Write(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    private sealed record Figures(TimeSpan Total, TimeSpan P99, TimeSpan Worst);
}
