using Clawdex.Gateway.Access;
using Clawdex.Gateway.Commands;
using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Services.Lease;
using Clawdex.Gateway.Telegram;
using Clawdex.Gateway.Turns;

namespace Clawdex.Gateway.Updates;

/// <summary>
/// Lets updates in while this gateway is the one that answers: once it is known who may use it, first what an earlier run left
/// open, then what comes. When another gateway took over, it drops what it was doing, which is the other one's now, and waits for
/// its time again.
/// </summary>
internal sealed class LeasedIntake(
    BotConnection connection,
    TelegramChat chat,
    CommandTable commands,
    AnswerLease lease,
    SessionClient sessions,
    People people,
    TurnRecovery recovery,
    ChatQueues queues,
    MessageFinder finder,
    TimeProvider time,
    ILogger<LeasedIntake> logger)
{
    private static readonly TimeSpan ReadPeopleEvery = TimeSpan.FromSeconds(2);

    /// <param name="takeUpdates">Runs until its token is cancelled; started again each time that this gateway's time comes.</param>
    /// <param name="stopping">The gateway stops.</param>
    public async Task RunAsync(Func<CancellationToken, Task> takeUpdates, CancellationToken stopping)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var opening = connection.OpenAsync(stopping);
        // Beside all else: no update waits for it, even if Telegram does not answer.
        var menu = ShowMenuAsync(opening, ended.Token);
        try
        {
            await RunAsync(opening, takeUpdates, stopping);
        }
        finally
        {
            await ended.CancelAsync();
            await menu.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task RunAsync(Task opening, Func<CancellationToken, Task> takeUpdates, CancellationToken stopping)
    {
        while (true)
        {
            lease.Return();
            var lost = await lease.HeldAsync(stopping);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(lost, stopping);
            try
            {
                // What Telegram is told waits for a life that is sure: so this must not keep a dead gateway from coming back.
                await opening.WaitAsync(either.Token);
                await people.ReadAsync(either.Token);
                if (people.IsUnclaimed)
                    logger.IsUnclaimed();
                await recovery.RunAsync(either.Token);
                await TakeAsync(takeUpdates, either.Token);
                return;
            }
            catch (OperationCanceledException) when (lost.IsCancellationRequested && !stopping.IsCancellationRequested)
            {
                await queues.AbandonAsync(stopping);
                finder.Forget();
            }
        }
    }

    private async Task ShowMenuAsync(Task opening, CancellationToken cancellationToken)
    {
        await opening.WaitAsync(cancellationToken);
        await chat.ShowMenuAsync(
            commands.All.Where(command => command.Right is not CommandRight.Owner).Select(command => (command.Name, command.Description)), cancellationToken);
    }

    /// <summary>Of several gateways, another one may let somebody in or out meanwhile.</summary>
    private async Task TakeAsync(Func<CancellationToken, Task> takeUpdates, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var reading = ReadPeopleAgainAsync(ended.Token);
        try
        {
            await takeUpdates(cancellationToken);
        }
        finally
        {
            await ended.CancelAsync();
            await reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ReadPeopleAgainAsync(CancellationToken cancellationToken)
    {
        await sessions.SharedAsync(cancellationToken);
        while (true)
        {
            await Task.Delay(ReadPeopleEvery, time, cancellationToken);
            await people.ReadAsync(cancellationToken);
        }
    }
}
