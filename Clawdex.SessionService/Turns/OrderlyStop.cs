using System.Data.Common;
using Clawdex.ServiceDefaults;
using Clawdex.SessionService.Storage;
using Clawdex.SessionService.Storage.Postgres;

namespace Clawdex.SessionService.Turns;

/// <summary>
/// Keeps the service up for a moment after it was asked to stop. An orchestrator stops all services at once, and a gateway that
/// still finishes its replies must be able to store them; when it is gone, so is its lease, and nothing is left to wait for.
/// </summary>
internal sealed class OrderlyStop(Presence presence, TurnOwners owners, TimeProvider time, GatewayLives? lives = null) : StopDelay
{
    /// <summary>For a gateway with open replies. Docker gives a container 10 s in all, Aspire's orchestrator a process 6.</summary>
    private static readonly TimeSpan WithOpenTurns = TimeSpan.FromSeconds(8);

    /// <summary>For an idle gateway, which needs a fraction of it. One that is not stopping stays, and comes back by itself.</summary>
    private static readonly TimeSpan WithoutOpenTurns = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    public override async Task StoppingAsync(CancellationToken cancellationToken)
    {
        var startedAt = time.GetTimestamp();
        using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var free = Task.WhenAll(presence.StopGrantingAsync(), NoneLivesAsync(waiting.Token));
        await WaitAsync(free, WithoutOpenTurns, cancellationToken);
        while (!free.IsCompleted && !cancellationToken.IsCancellationRequested && time.GetElapsedTime(startedAt) < WithOpenTurns && await HasOpenTurnsAsync(cancellationToken))
            await WaitAsync(free, Interval, cancellationToken);
        await waiting.CancelAsync();
        presence.EndAll();
    }

    private async Task WaitAsync(Task free, TimeSpan atMost, CancellationToken cancellationToken) =>
        await free.WaitAsync(atMost, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private Task<bool> HasOpenTurnsAsync(CancellationToken cancellationToken) =>
        IsSoAsync(async () => (await owners.ListOpenAsync(afterTurnId: 0, count: 1, gateway: "", cancellationToken)).Count > 0);

    /// <summary>Of several gateways, each may still write here.</summary>
    private async Task NoneLivesAsync(CancellationToken cancellationToken)
    {
        while (lives is not null && await IsSoAsync(() => lives.AnyAsync(cancellationToken)))
            await Task.Delay(Interval, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task<bool> IsSoAsync(Func<Task<bool>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception error) when (DatabaseErrors.CauseOf(error) is DbException or OperationCanceledException)
        {
            // The stop goes on, whatever the database says.
            return false;
        }
    }
}
