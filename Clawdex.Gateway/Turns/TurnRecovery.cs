using System.Diagnostics;
using Clawdex.Gateway.Inbound;

namespace Clawdex.Gateway.Turns;

/// <summary>
/// Takes up what an earlier run left open, before any new update is read: answered turns are delivered, the others run again,
/// all in the messages that the user already sees.
/// </summary>
internal sealed class TurnRecovery(SessionBackend sessions, ChatDispatcher dispatcher, TimeProvider time, ILogger<TurnRecovery> logger)
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(2);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await TakeUpAsync(cancellationToken);
                return;
            }
            catch (SessionException error)
            {
                // Nothing can be answered without the session service, so nothing is gained by going on.
                logger.RecoveryFailed(error);
                await Task.Delay(PauseAfterFailure, time, cancellationToken);
            }
        }
    }

    private async Task TakeUpAsync(CancellationToken cancellationToken)
    {
        var startedAt = time.GetTimestamp();
        var count = 0;
        var after = 0L;
        while (await sessions.ListOpenAsync(after, cancellationToken) is { Count: > 0 } page)
        {
            foreach (var turn in page)
            {
                _ = ActivityContext.TryParse(turn.TraceParent, null, isRemote: true, out var trace);
                dispatcher.Enqueue(new PendingTurn(turn, startedAt) { IsRecovered = true, IsLate = true, EarlierTrace = trace });
            }

            count += page.Count;
            after = page[^1].Id;
        }

        if (count > 0)
            logger.TurnsRecovered(count);
    }
}
