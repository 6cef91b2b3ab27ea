using System.Globalization;

namespace Clawdex.WholeSystem.Bench;

/// <summary>
/// How much the system carries: 300 users write as fast as they are answered, without limits, every message durably stored.
/// The histories grow as they do in use, up to the 50 messages that a model is shown.
/// </summary>
internal static class ClosedLoopScenario
{
    private const int Chats = 300;
    private const int WarmUp = 5;
    private const int TurnsPerChat = 25;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    public static async Task RunAsync(Report report, CancellationToken cancellationToken)
    {
        var product = await MeasureProductAsync(report, cancellationToken);
        var bare = await MeasureBareAsync(cancellationToken);
        report.Add($"closed loop of {Chats} chats, {Chats * TurnsPerChat} turns: turns per second", product.PerSecond, "", "500", bare.PerSecond);
        report.Add("CPU seconds per 1,000 turns, all together", product.Subject + product.Emulators, "", "4", bare.Subject + bare.Emulators);
        report.Add("… the product (the bare path's one process)", product.Subject, "", null, bare.Subject);
        report.Add("… the emulators", product.Emulators, "", null, bare.Emulators);
        report.Add("PSS peak over all processes", product.Pss, " MiB", "400 MiB", bare.Pss);
        foreach (var (name, cpu, pss) in product.Processes)
        {
            report.Add($"… {name}: CPU seconds per 1,000 turns", cpu, "", null, bare.CpuOf(name));
            report.Add($"… {name}: PSS at the peak of all", pss, " MiB", null, bare.PssOf(name));
        }
    }

    private static async Task<Result> MeasureProductAsync(Report report, CancellationToken cancellationToken)
    {
        await using var system = await RunningSystem.StartAsync(limits: false, cancellationToken);
        var load = await ChatLoad.CreateAsync(system.Emulators.Telegram, Chats, cancellationToken);
        var result = await MeasureAsync(load, system.Product, system.Emulators.Processes, cancellationToken);
        await CheckAsync(system, load, Chats * (WarmUp + TurnsPerChat), report, cancellationToken);
        return result;
    }

    private static async Task<Result> MeasureBareAsync(CancellationToken cancellationToken)
    {
        await using var emulators = await Emulators.StartAsync(cancellationToken);
        await using var bare = await BareProcess.StartAsync(emulators, cancellationToken);
        var load = await ChatLoad.CreateAsync(emulators.Telegram, Chats, cancellationToken);
        return await MeasureAsync(load, [bare.Watched], emulators.Processes, cancellationToken);
    }

    /// <summary>Every answer is complete and there once, and every turn is settled in the database.</summary>
    public static async Task CheckAsync(RunningSystem system, ChatLoad load, int turns, Report report, CancellationToken cancellationToken)
    {
        foreach (var problem in await load.FindProblemsAsync(cancellationToken))
            report.Check(false, problem);

        // The last turns are settled right after their answers were seen.
        var started = TimeProvider.System.GetTimestamp();
        while (system.CountStoredTurns() != (turns, turns) && TimeProvider.System.GetElapsedTime(started) < Patience)
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, cancellationToken);
        var stored = system.CountStoredTurns();
        report.Check(stored == (turns, turns), string.Create(CultureInfo.InvariantCulture,
            $"of {turns} turns, {stored.Turns} are stored and {stored.Delivered} delivered"));
    }

    private static async Task<Result> MeasureAsync(ChatLoad load, IReadOnlyList<WatchedProcess> subject, IReadOnlyList<WatchedProcess> emulators, CancellationToken cancellationToken)
    {
        await load.RunAsync(WarmUp, cancellationToken);
        await using var usage = new Usage([.. subject, .. emulators]);
        await load.RunAsync(TurnsPerChat, cancellationToken);
        var seconds = usage.Elapsed.TotalSeconds;
        const double Thousands = Chats * TurnsPerChat / 1000.0;
        return new(
            Thousands * 1000 / seconds,
            usage.CpuSeconds(subject) / Thousands,
            usage.CpuSeconds(emulators) / Thousands,
            usage.PeakPss,
            [.. subject.Concat(emulators).Select(process => (process.Name, usage.CpuSeconds(process) / Thousands, usage.AtPeak[process]))]);
    }

    /// <param name="Subject">CPU seconds per 1,000 turns.</param>
    /// <param name="Emulators">CPU seconds per 1,000 turns.</param>
    /// <param name="Pss">MiB.</param>
    /// <param name="Processes">CPU seconds per 1,000 turns, and MiB at the peak of all.</param>
    private sealed record Result(
        double PerSecond, double Subject, double Emulators, double Pss, IReadOnlyList<(string Name, double Cpu, double Pss)> Processes)
    {
        public double? CpuOf(string name) => Processes.Where(process => process.Name == name).Select(process => (double?)process.Cpu).FirstOrDefault();

        public double? PssOf(string name) => Processes.Where(process => process.Name == name).Select(process => (double?)process.Pss).FirstOrDefault();
    }
}
