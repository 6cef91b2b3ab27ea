using System.Globalization;

namespace Clawdex.WholeSystem.Bench;

/// <summary>
/// What telemetry costs: the CPU time of the three services per turn, with everything exported to a collector that drops it,
/// against no spans, metrics or exported logs at all. Both systems run all the time and take turns round by round, so that
/// whatever else the machine does hits both. They are warmed up until the just-in-time compiler is done: what it costs to
/// compile the telemetry's code is paid once, not by each turn.
/// </summary>
internal static class TelemetryScenario
{
    private const int Chats = 50;
    private const int WarmUp = 240;
    private const int Rounds = 11;
    private const int TurnsPerChat = 30;

    public static async Task RunAsync(Report report, CancellationToken cancellationToken)
    {
        await using var sink = await TelemetrySink.StartAsync(cancellationToken);
        await using var off = await RunningSystem.StartAsync(limits: false, cancellationToken, new() { ["OTEL_TRACES_SAMPLER"] = "always_off" });
        await using var on = await RunningSystem.StartAsync(limits: false, cancellationToken, sink.Environment);
        var quiet = await ChatLoad.CreateAsync(off.Emulators.Telegram, Chats, cancellationToken);
        var observed = await ChatLoad.CreateAsync(on.Emulators.Telegram, Chats, cancellationToken);
        await quiet.RunAsync(WarmUp, cancellationToken);
        await observed.RunAsync(WarmUp, cancellationToken);

        List<double> without = [], with = [];
        for (var round = 0; round < Rounds; round++)
        {
            // Each goes first in every other round, so that what grows or fades during the run favours neither.
            if (round % 2 == 0)
                without.Add(await MeasureAsync(quiet, off, cancellationToken));
            with.Add(await MeasureAsync(observed, on, cancellationToken));
            if (round % 2 == 1)
                without.Add(await MeasureAsync(quiet, off, cancellationToken));
        }

        double[] ratios = [.. with.Zip(without, (a, b) => a / b).Order()];
        var spread = string.Create(CultureInfo.InvariantCulture, $"{Rounds} rounds, ratios {ratios[0]:F2} to {ratios[^1]:F2}, median {Median(ratios):F2}");
        report.Add($"CPU ms of the services per turn, with telemetry against without ({spread})", Median(with), "", "1.15 × bare", Median(without));
        report.Check(sink.Bytes > 0, "no telemetry was exported");
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);

    /// <summary>CPU milliseconds per turn.</summary>
    private static async Task<double> MeasureAsync(ChatLoad load, RunningSystem system, CancellationToken cancellationToken)
    {
        var before = system.Product.Sum(process => process.CpuSeconds);
        await load.RunAsync(TurnsPerChat, cancellationToken);
        return (system.Product.Sum(process => process.CpuSeconds) - before) * 1000 / (Chats * TurnsPerChat);
    }
}
