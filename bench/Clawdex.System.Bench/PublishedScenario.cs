using System.Globalization;

namespace Clawdex.WholeSystem.Bench;

/// <summary>
/// What a deployment costs: start, on no database and on one that is there, and memory and CPU time of the published services at three
/// loads, each from a new start. The model writes an answer of about 200 characters as 100 words within 100 ms.
/// </summary>
internal static class PublishedScenario
{
    private const int MsPerWord = 1;

    /// <summary>Turns behind which an idle system has settled, and how long it is left alone then.</summary>
    private const int IdleAfter = 40;

    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(10);

    private static readonly (int Chats, int TurnsPerChat, string Goal)[] Loads = [(1, 30, "40"), (20, 90, "9"), (300, 6, "2.2")];

    /// <param name="variables">Environment of the services, to try settings of the runtime with.</param>
    public static async Task RunAsync(Report report, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken)
    {
        var published = Directory.CreateTempSubdirectory("clawdex-published-");
        try
        {
            await PublishedServices.PublishAsync(published.FullName, cancellationToken);
            foreach (var (chats, turns, goal) in Loads)
            {
                Measured product, bare;
                var data = published.CreateSubdirectory(string.Create(CultureInfo.InvariantCulture, $"data-{chats}")).FullName;
                if (chats == 1)
                {
                    await using var emulators = await Emulators.StartAsync(cancellationToken, MsPerWord);
                    await using var services = await PublishedServices.StartAsync(published.FullName, data, emulators, variables, cancellationToken);
                    report.Add("published: the very first start, to the first poll", services.FirstPoll.TotalMilliseconds, " ms");
                }

                await using (var emulators = await Emulators.StartAsync(cancellationToken, MsPerWord))
                {
                    await using var services = await PublishedServices.StartAsync(published.FullName, data, emulators, variables, cancellationToken);
                    product = await MeasureAsync(services.FirstPoll, emulators, services.Product, chats, turns, report, cancellationToken);
                }

                await using (var emulators = await Emulators.StartAsync(cancellationToken, MsPerWord))
                {
                    var started = TimeProvider.System.GetTimestamp();
                    await using var process = await BareProcess.StartAsync(emulators, cancellationToken);
                    bare = await MeasureAsync(TimeProvider.System.GetElapsedTime(started), emulators, [process.Watched], chats, turns, report, cancellationToken);
                }

                Add(report, string.Create(CultureInfo.InvariantCulture, $"{chats} chats × {turns} turns"), chats, goal, product, bare);
            }
        }
        finally
        {
            published.Delete(recursive: true);
        }
    }

    private static void Add(Report report, string load, int chats, string goal, Measured product, Measured bare)
    {
        if (chats == 1)
        {
            report.Add("published: a later start, to the first poll", product.FirstPoll, " ms", "500 ms", bare.FirstPoll);
            report.Add($"published: PSS, idle after {IdleAfter} turns", product.IdlePss, " MiB", "130 MiB", bare.IdlePss);
        }

        report.Add($"published, {load}: turns per second", product.PerSecond, "", chats == 300 ? "500" : null, bare.PerSecond);
        report.Add("… CPU seconds per 1,000 turns", product.Cpu, "", goal, bare.Cpu);
        report.Add("… PSS peak", product.PeakPss, " MiB", chats == 300 ? "220 MiB" : null, bare.PeakPss);
        foreach (var (name, cpu, pss) in product.Processes)
        {
            report.Add($"… {name}: CPU seconds per 1,000 turns", cpu, "");
            report.Add($"… {name}: PSS at the peak of all", pss, " MiB");
        }
    }

    private static async Task<Measured> MeasureAsync(
        TimeSpan firstPoll, Emulators emulators, IReadOnlyList<WatchedProcess> subject, int chats, int turns, Report report, CancellationToken cancellationToken)
    {
        var load = await ChatLoad.CreateAsync(emulators.Telegram, chats, cancellationToken, shortWords: true);
        await using var usage = new Usage(subject);
        await load.RunAsync(turns, cancellationToken);
        var thousands = chats * turns / 1000.0;
        var measured = new Measured(
            firstPoll.TotalMilliseconds, thousands * 1000 / usage.Elapsed.TotalSeconds, usage.CpuSeconds(subject) / thousands, usage.PeakPss, 0,
            [.. subject.Select(process => (process.Name, usage.CpuSeconds(process) / thousands, usage.AtPeak[process]))]);
        if (chats == 1)
        {
            await load.RunAsync(IdleAfter - turns, cancellationToken);
            await Task.Delay(Rest, TimeProvider.System, cancellationToken);
            measured = measured with { IdlePss = subject.Sum(process => process.PssMiB) };
        }

        foreach (var problem in await load.FindProblemsAsync(cancellationToken))
            report.Check(false, problem);
        return measured;
    }

    /// <param name="FirstPoll">Milliseconds from the start of the first process.</param>
    /// <param name="Cpu">Seconds per 1,000 turns, from the first message on.</param>
    /// <param name="PeakPss">MiB.</param>
    /// <param name="IdlePss">MiB.</param>
    /// <param name="Processes">CPU seconds per 1,000 turns, and MiB at the peak of all.</param>
    private sealed record Measured(
        double FirstPoll, double PerSecond, double Cpu, double PeakPss, double IdlePss, IReadOnlyList<(string Name, double Cpu, double Pss)> Processes);
}
