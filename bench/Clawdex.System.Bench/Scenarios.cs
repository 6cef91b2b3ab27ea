using System.Globalization;

namespace Clawdex.WholeSystem.Bench;

/// <summary>What can be measured, in the order of bench/README.md. Ends with 1 when a check of the answers failed.</summary>
internal static class Scenarios
{
    private static (string Name, Func<Report, CancellationToken, Task> Run)[] All(IReadOnlyDictionary<string, string> variables) =>
    [
        ("latency", LatencyScenario.RunAsync),
        ("loop", ClosedLoopScenario.RunAsync),
        ("pacing", PacingScenario.RunAsync),
        ("flood", FloodScenario.RunAsync),
        ("telemetry", TelemetryScenario.RunAsync),
        ("strangers", StrangersScenario.RunAsync),
        ("published", (report, stop) => PublishedScenario.RunAsync(report, variables, stop)),
    ];

    /// <param name="arguments">Names; and NAME=VALUE for the environment of the published services.</param>
    public static async Task<int> RunAsync(string[] arguments, CancellationToken cancellationToken)
    {
        var names = arguments.Where(argument => !argument.Contains('=', StringComparison.Ordinal)).ToArray();
        var all = All(arguments.Except(names).Select(variable => variable.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]));
        if (names.FirstOrDefault(name => all.All(scenario => scenario.Name != name)) is { } unknown)
        {
            Console.Error.WriteLine($"There is no scenario '{unknown}': {string.Join(", ", all.Select(scenario => scenario.Name))}");
            return 1;
        }

        var started = TimeProvider.System.GetTimestamp();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Machine.Describe()}; {DateTimeOffset.UtcNow:yyyy-MM-dd HH:mm} UTC; load {Machine.Load}"));
        var report = new Report();
        foreach (var (name, run) in all)
        {
            if (names.Length > 0 && !names.Contains(name))
                continue;
            await run(report, cancellationToken);
        }

        Console.WriteLine();
        Console.WriteLine(report);
        var took = TimeProvider.System.GetElapsedTime(started).TotalSeconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Load {Machine.Load} at the end, after {took:F0} s."));
        foreach (var failure in report.Failures)
            Console.WriteLine($"FAILED: {failure}");
        return report.Failures.Count == 0 ? 0 : 1;
    }
}
