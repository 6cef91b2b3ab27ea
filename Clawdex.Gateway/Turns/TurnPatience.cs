using Clawdex.Gateway.Outbound;
using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Turns;

/// <summary>How long a turn waits for the session service, and that its user is told when it does.</summary>
internal sealed class TurnPatience(IOptions<TelegramOptions> options, TimeProvider time)
{
    /// <summary>A service that only restarts is back sooner: nobody needs to read of it.</summary>
    public static readonly TimeSpan TellAfter = TimeSpan.FromSeconds(3);

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

    public async Task<T> WaitAsync<T>(Task<T> call, StreamedReply reply)
    {
        await WaitAsync((Task)call, reply);
        return await call;
    }

    private async Task<bool> IsSlowAsync(Task call)
    {
        await call.WaitAsync(TellAfter, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return !call.IsCompleted;
    }
}
