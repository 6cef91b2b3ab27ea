using System.Data.Common;
using System.Globalization;
using Clawdex.Testing;

namespace Clawdex.AppHost.Tests.Chaos;

/// <summary>
/// Spells in which the session service needs 2 to 10 s for an answer: its process, or that of its database's server, runs for a
/// moment only between two pauses, or its database is locked by somebody else.
/// </summary>
internal sealed class ChaosSlowness(ChaosPlan plan, ClawdexApp app, LocalPostgres? server, Action<string> log)
{
    /// <summary>Long enough to answer what has come in during a pause, short enough that nothing gets through without one.</summary>
    private static readonly TimeSpan Slot = TimeSpan.FromMilliseconds(150);

    private const int MostPauses = 4;

    private readonly Random _random = plan.RandomFor("slowness");

    public int Spells { get; private set; }

    /// <summary>Until it is cancelled; then the service is as fast as ever.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                // Spell after spell, a service that was killed would never get through its start.
                do
                    await Task.Delay(TimeSpan.FromSeconds(3 + (_random.NextDouble() * 20)), cancellationToken);
                while (!app.IsHealthy("session"));
                var late = TimeSpan.FromSeconds(2 + (_random.NextDouble() * 8));
                var pauses = _random.Next(1, MostPauses + 1);
                var (cause, slow) = _random.Next(3) switch
                {
                    0 => ("its database is locked", LockAsync),
                    1 when server is not null => ("its database's server stands still", server.PauseAsync),
                    _ => ("its process stands still", (Func<TimeSpan, CancellationToken, Task>)((time, stop) => app.Processes.PauseAsync("session", time, stop))),
                };
                log(string.Create(CultureInfo.InvariantCulture, $"the store is slow: {pauses} times {late.TotalSeconds:0.0} s, {cause}"));
                Spells++;
                for (; pauses > 0; pauses--)
                {
                    await slow(late, cancellationToken);
                    await Task.Delay(Slot, cancellationToken);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The load ends.
        }
    }

    private async Task LockAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        try
        {
            await app.Turns.LockAsync(time, cancellationToken);
        }
        catch (DbException) when (server is not null)
        {
            // A server that crashes, or is away, locks nothing.
        }
    }
}
