using System.Globalization;

namespace Clawdex.WholeSystem.Bench;

/// <summary>
/// What telemetry costs: the CPU time of the three services per turn, with everything exported to a collector that drops it,
/// against no spans, metrics or exported logs at all. Both systems run all the time and take turns round by round, so that
/// whatever else the machine does hits both.
/// </summary>
internal static class TelemetryScenario
{
    private const int Chats = 50;
    private const int WarmUp = 40;
    private const int Rounds = 6;
    private const int TurnsPerChat = 20;

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
            without.Add(await MeasureAsync(quiet, off, cancellationToken));
            with.Add(await MeasureAsync(observed, on, cancellationToken));
        }

        var rounds = string.Join(", ", with.Zip(without, (a, b) => (a / b).ToString("F2", CultureInfo.InvariantCulture)).Order());
        report.Add($"CPU ms of the services per turn, with telemetry (ratios of {Rounds} rounds: {rounds})", with.Sum() / Rounds, "", "1.15 × bare", without.Sum() / Rounds);
        report.Check(sink.Bytes > 0, "no telemetry was exported");
    }

    /// <summary>CPU milliseconds per turn.</summary>
    private static async Task<double> MeasureAsync(ChatLoad load, RunningSystem system, CancellationToken cancellationToken)
    {
        var before = system.Product.Sum(process => process.CpuSeconds);
        await load.RunAsync(TurnsPerChat, cancellationToken);
        return (system.Product.Sum(process => process.CpuSeconds) - before) * 1000 / (Chats * TurnsPerChat);
    }
}
