using Clawdex.Gateway.Outbound;
using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Turns;

/// <summary>How long a turn waits for the session service, and that its user is told when it does.</summary>
internal sealed class TurnPatience(IOptions<TelegramOptions> options, TimeProvider time)
{
    /// <summary>A service that only restarts is back sooner: nobody needs to read of it.</summary>
    public static readonly TimeSpan TellAfter = TimeSpan.FromSeconds(3);

    /// <summary>Far longer than the call takes; then it is seen first whether the store can be reached at all.</summary>
    private static readonly TimeSpan SettleWithin = TimeSpan.FromSeconds(2);

    /// <summary>What is left of the time within which the turn is worth answering.</summary>
    public TimeSpan LeftFor(StoredTurn turn)
    {
        var left = options.Value.RecoverWithin - (time.GetUtcNow() - turn.AcceptedAt);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }

    /// <summary>How long a read of the turn waits for a service that is away: as long as the turn is worth it, and through a restart at least.</summary>
    public TimeSpan ForReading(StoredTurn turn) => LeftFor(turn) is var left && left > SessionBackend.ReadPatience ? left : SessionBackend.ReadPatience;

    /// <summary>Waits for a call to the session service; when that takes long, a line below the reply says so until it is over.</summary>
    public async Task WaitAsync(Task call, StreamedReply reply)
    {
        if (!await IsSlowAsync(call))
        {
            await call;
            return;
        }

        await reply.TellAsync(UserTexts.StoreAway);
        await call;
        await reply.TellAsync("");
    }

    /// <summary>
    /// Settles a turn while the chat shows nothing that is to be taken away again: after a settled turn nobody looks, so a line
    /// that a kill leaves below it stays. It is gone before the store is asked again.
    /// </summary>
    /// <param name="settle">Idempotent; it may have been done although it was cancelled.</param>
    /// <param name="probe">Ends when the store can be reached, and changes nothing.</param>
    public async Task SettleAsync(Func<CancellationToken, Task> settle, Func<Task> probe, StreamedReply reply, CancellationToken abort)
    {
        while (!await IsSettledAsync(settle, abort))
            await WaitAsync(probe(), reply);
    }

    public async Task<T> WaitAsync<T>(Task<T> call, StreamedReply reply)
    {
        await WaitAsync((Task)call, reply);
        return await call;
    }

    private async Task<bool> IsSettledAsync(Func<CancellationToken, Task> settle, CancellationToken abort)
    {
        using var atMost = new CancellationTokenSource(SettleWithin, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(abort, atMost.Token);
        try
        {
            await settle(either.Token);
            return true;
        }
        catch (OperationCanceledException) when (!abort.IsCancellationRequested)
        {
            return false;
        }
    }

    private async Task<bool> IsSlowAsync(Task call)
    {
        await call.WaitAsync(TellAfter, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !call.IsCompleted;
    }
}
