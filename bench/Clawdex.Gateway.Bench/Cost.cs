using System.Diagnostics;
using System.Globalization;
using Clawdex.Gateway.Markdown;

namespace Clawdex.Gateway.Bench;

/// <summary>What each shape of text costs while it grows by 97 characters, in CPU time, against prose of the same length in the same run.</summary>
internal static class Cost
{
    private const int Step = 97;
    private const double MaxRatio = 6;
    private const double MaxGrowth = 2.5;
    private static readonly TimeSpan MaxP99 = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan MaxFrame = TimeSpan.FromMilliseconds(100);

    /// <returns>How many shapes miss a goal.</returns>
    public static int Run(IReadOnlyList<int> lengths, string only)
    {
        var missed = 0;
        Measure(Shapes.Prose(16_000), 5);
        foreach (var length in lengths)
        {
            var rounds = Math.Max(200_000 / length, 1);
            var prose = Measure(Shapes.Prose(length), rounds);
            Write($"{length:N0} characters; prose: {prose.Total.TotalMilliseconds:0.0} ms, worst frame {prose.Worst.TotalMilliseconds:0.0} ms");
            foreach (var (name, shape) in Shapes.All.Where(shape => shape.Key.Contains(only, StringComparison.Ordinal)))
            {
                // The quickest of three: other processes use the machine, too.
                var (whole, half) = (Measure(shape(length), rounds), Measure(shape(length / 2), rounds * 2));
                var (ratio, growth) = (whole.Total / prose.Total, whole.Total / half.Total);
                var isMissed = ratio > MaxRatio || growth > MaxGrowth || whole.P99 > MaxP99 || whole.Worst > MaxFrame;
                missed += isMissed ? 1 : 0;
                Write($"| {name} | {ratio:0.0} | {growth:0.0} | {whole.P99.TotalMilliseconds:0.00} | {whole.Worst.TotalMilliseconds:0.0} |{(isMissed ? " MISSED" : "")}");
            }
        }

        Write($"missed: {missed}");
        return missed;
    }

    private static Figures Measure(string text, int rounds) =>
        Enumerable.Range(0, 3).Select(_ => MeasureOnce(text, rounds)).MinBy(figures => figures.Total)!;

    private static Figures MeasureOnce(string text, int rounds)
    {
        string[] prefixes = [.. Enumerable.Range(1, text.Length / Step).Select(i => text[..(i * Step)])];
        List<TimeSpan> frames = [];
        GC.Collect();
        var before = Environment.CpuUsage.TotalTime;
        for (var round = 0; round < rounds; round++)
        {
            var growing = new GrowingText();
            foreach (var prefix in prefixes)
            {
                var start = Stopwatch.GetTimestamp();
                growing.Render(prefix, complete: false);
                frames.Add(Stopwatch.GetElapsedTime(start));
            }

            growing.Render(text, complete: true);
        }

        var total = Environment.CpuUsage.TotalTime - before;
        frames.Sort();
        return new Figures(total / rounds, frames[frames.Count * 99 / 100], frames[^1]);
    }

    private static void Write(FormattableString line) => Console.WriteLine(line.ToString(CultureInfo.InvariantCulture));

    private sealed record Figures(TimeSpan Total, TimeSpan P99, TimeSpan Worst);
}
