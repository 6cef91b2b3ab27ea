using System.Globalization;
using Clawdex.Testing;

namespace Clawdex.AppHost.Tests.Chaos;

/// <summary>Crashes of the database's server, which is back at once or after a while. SQLite has none.</summary>
internal sealed class ChaosCrashes(ChaosPlan plan, LocalPostgres? server, Action<string> log)
{
    private readonly Random _random = plan.RandomFor("crashes");

    public int Count { get; private set; }

    /// <summary>Until it is cancelled; then the server runs.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        if (server is null)
            return;
        try
        {
            while (true)
            {
                await Task.Delay(TimeSpan.FromSeconds(3 + (_random.NextDouble() * 12)), cancellationToken);
                var absence = TimeSpan.FromSeconds(_random.Next(3) == 0 ? _random.NextDouble() * 5 : 0);
                log(string.Create(CultureInfo.InvariantCulture, $"the database's server crashes, back after {absence.TotalSeconds:0.0} s"));
                Count++;
                await server.StopAtOnceAsync();
                try
                {
                    await Task.Delay(absence, cancellationToken);
                }
                finally
                {
                    await server.StartAgainAsync();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The load ends.
        }
    }
}
