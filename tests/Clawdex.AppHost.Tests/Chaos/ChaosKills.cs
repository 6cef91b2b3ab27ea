using System.Globalization;

namespace Clawdex.AppHost.Tests.Chaos;

/// <summary>
/// Kills services at the moments that the seed says, and lets each come back after a while of its own; now and then it stops
/// and starts one in order.
/// </summary>
internal sealed class ChaosKills(ChaosPlan plan, ClawdexApp app, Action<string> log)
{
    private readonly Random _random = plan.RandomFor("kills");
    private readonly Dictionary<string, Task> _returns = ClawdexApp.Services.ToDictionary(service => service, _ => Task.CompletedTask);
    private readonly Dictionary<string, int> _kills = ClawdexApp.Services.ToDictionary(service => service, _ => 0);

    private int _stops;

    public int Count => _kills.Values.Sum();

    /// <summary>Returns after the last kill, when every service is back and healthy.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        for (var kill = 0; kill < plan.Kills; kill++)
        {
            var isReady = _random.Next(3) > 0;
            var pause = TimeSpan.FromSeconds(isReady ? _random.NextDouble() * 6 : _random.NextDouble());
            var service = ClawdexApp.Services[_random.Next(ClawdexApp.Services.Count)];
            var absence = TimeSpan.FromSeconds(_random.Next(4) == 0 ? _random.NextDouble() * 4 : 0);
            var isStopped = _random.Next(5) == 0;
            var stopped = ClawdexApp.Services[_random.Next(ClawdexApp.Services.Count)];

            // Most kills hit a system that works, so that answers are under way however slow the machine is; the others hit one
            // that is still coming back, or two services that are away at once.
            if (isReady)
                await ReturnedAsync(cancellationToken);
            await Task.Delay(pause, cancellationToken);
            await _returns[service];
            await app.KillAsync(service, cancellationToken);
            _kills[service]++;
            log(string.Create(CultureInfo.InvariantCulture, $"kill {kill + 1} of {plan.Kills}: {service}, back after {absence.TotalSeconds:0.0} s"));
            _returns[service] = ReturnAsync(service, absence, cancellationToken);
            if (isStopped)
                await StopAndStartAsync(stopped, cancellationToken);
        }

        await ReturnedAsync(cancellationToken);
    }

    public override string ToString() =>
        $"{Count} ({string.Join(", ", _kills.Select(kill => $"{kill.Value} {kill.Key}"))}), and {_stops} orderly stops";

    /// <summary>Between the kills, an operator's restart: it may cost nobody an answer either.</summary>
    private async Task StopAndStartAsync(string service, CancellationToken cancellationToken)
    {
        await ReturnedAsync(cancellationToken);
        await app.RestartAsync(service, cancellationToken);
        _stops++;
        log($"{service} was stopped and started");
    }

    private async Task ReturnedAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAll(_returns.Values);
        await app.WaitUntilHealthyAsync(cancellationToken);
    }

    private async Task ReturnAsync(string service, TimeSpan absence, CancellationToken cancellationToken)
    {
        await Task.Delay(absence, cancellationToken);
        await app.ReviveAsync(service, cancellationToken);
    }
}
