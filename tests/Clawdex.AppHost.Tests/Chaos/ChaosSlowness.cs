using System.Globalization;

namespace Clawdex.AppHost.Tests.Chaos;

/// <summary>
/// Spells in which the session service needs 2 to 10 s for an answer: its process runs for a moment only between two pauses, or
/// its database is locked by somebody else.
/// </summary>
internal sealed class ChaosSlowness(ChaosPlan plan, ClawdexApp app, Action<string> log)
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
                var isLocked = _random.Next(3) == 0;
                log(string.Create(CultureInfo.InvariantCulture, $"the store is slow: {pauses} times {late.TotalSeconds:0.0} s, {(isLocked ? "its database is locked" : "its process stands still")}"));
                Spells++;
                for (; pauses > 0; pauses--)
                {
                    await (isLocked ? app.Turns.LockAsync(late, cancellationToken) : app.Processes.PauseAsync("session", late, cancellationToken));
                    await Task.Delay(Slot, cancellationToken);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The load ends.
        }
    }
}
