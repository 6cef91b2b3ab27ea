using System.Globalization;
using Clawdex.AppHost.Tests.Chaos;

namespace Clawdex.AppHost.Tests.Cluster;

/// <summary>What fails in a cluster, one thing after the other, as the seed says.</summary>
internal sealed class ClusterFaults(ClusterUnderTest cluster, ChaosModel model, Random random, Action<string> log)
{
    /// <summary>Longer than two lives of a gateway.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(9);

    /// <summary>Longer than a model speaks.</summary>
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(10);

    /// <summary>How often each comes, compared with the others.</summary>
    private (int Weight, Func<CancellationToken, Task> Fault)[] Faults =>
    [
        (2, stop => KillAsync(cluster.Gateways, stop)),
        (2, stop => PauseAsync(cluster.Gateways, stop)),
        (1, stop => RestartAsync(cluster.Gateways, stop)),
        (1, stop => KillAsync(cluster.Sessions, stop)),
        (1, stop => PauseAsync(cluster.Sessions, stop)),
        (1, stop => KillAsync(cluster.Llms, stop)),
        (1, stop => RestartAsync(cluster.Llms, stop)),
        (1, CrashServerAsync),
        (4, stop => CutAsync([OneOf(OneOf(cluster.Ways))], stop)),
        (2, stop => CutAsync(OneOf<IReadOnlyList<CuttableLink>>([.. cluster.Ways.Where(way => way.Count > 1)]), stop)),
    ];

    /// <summary>Returns when the fault is over, though not when everything works again.</summary>
    public Task FailAsync(CancellationToken stop) =>
        OneOf<Func<CancellationToken, Task>>([.. Faults.SelectMany(fault => Enumerable.Repeat(fault.Fault, fault.Weight))])(stop);

    private T OneOf<T>(IReadOnlyList<T> all) => all[random.Next(all.Count)];

    private Task KillAsync(IReadOnlyList<ClusterProcess> processes, CancellationToken stop)
    {
        var process = OneOf(processes);
        log($"{process.Name} is killed");
        return process.KillAndStartAsync(stop);
    }

    private Task PauseAsync(IReadOnlyList<ClusterProcess> processes, CancellationToken stop)
    {
        var process = OneOf(processes);
        log($"{process.Name} stands still");
        return process.PauseAsync(Pause, stop);
    }

    /// <summary>One that runs: SIGTERM just ends one that is still starting, and nothing is in order then.</summary>
    private async Task RestartAsync(IReadOnlyList<ClusterProcess> processes, CancellationToken stop)
    {
        var process = OneOf(processes);
        await process.HealthyAsync(stop);
        log($"{process.Name} is restarted in order");
        await process.RestartAsync(stop);
    }

    private async Task CrashServerAsync(CancellationToken stop)
    {
        var absence = TimeSpan.FromSeconds(random.Next(3) == 0 ? random.NextDouble() * 8 : 0);
        log(string.Create(CultureInfo.InvariantCulture, $"the database's server crashes, back after {absence.TotalSeconds:0.0} s"));
        await cluster.Server.StopAtOnceAsync();
        await Task.Delay(absence, stop);
        await cluster.Server.StartAgainAsync();
    }

    /// <summary>
    /// Between any two; or between one and all that serve it the same, so that a gateway hears of no session service for longer than
    /// its life. Never between one and all else: a send that the network holds until its gateway is dead arrives beside another one's,
    /// and Telegram has no fence.
    /// </summary>
    private async Task CutAsync(IReadOnlyList<CuttableLink> cut, CancellationToken stop)
    {
        var time = TimeSpan.FromSeconds(0.5 + (random.NextDouble() * 8.5));
        var resets = random.Next(2) == 0;
        var links = string.Join(", ", cut);
        log(string.Create(CultureInfo.InvariantCulture, $"cut for {time.TotalSeconds:0.0} s, then {(resets ? "reset" : "as before")}: {links}"));
        await Task.WhenAll(cut.Select(link => link.CutAsync(time, resets, stop)));
        // It was broken off on purpose, like an answer that the model itself breaks off.
        if (resets && cut.Any(link => link.To == ClusterUnderTest.Model))
            model.CountAsFailed(time + LongestAnswer);
        log($"whole again: {links}");
    }
}
