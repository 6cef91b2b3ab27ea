using Clawdex.TelegramEmulator.BotApi;
using Clawdex.TelegramEmulator.Chats;

namespace Clawdex.TelegramEmulator.Updates;

/// <summary>
/// <c>getUpdates</c>: at most one poll waits, a newer one ends it with 409, and a webhook forbids it. Rules and numbers from the
/// source of tdlib/telegram-bot-api (Client.cpp, process_get_updates_query).
/// </summary>
internal sealed class LongPoll(UpdateQueue updates, DeliveryLog deliveries, Webhook webhook, TimeProvider time)
{
    private const int MaxTimeoutSeconds = 50;

    /// <summary>Repeating an offset sooner than this is busy polling, which the server slows down.</summary>
    private static readonly TimeSpan BusyPolling = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan VeryBusyPolling = TimeSpan.FromSeconds(0.5);
    private static readonly TimeSpan ConflictDelay = TimeSpan.FromSeconds(3);

    private readonly Lock _gate = new();
    private readonly ChangeSignal _arrived = new();
    private TaskCompletionSource<BotResult>? _waiting;
    private (int Offset, DateTimeOffset Start)? _previous;
    private DateTimeOffset _nextConflict = DateTimeOffset.MinValue;

    public async Task<BotResult> GetUpdatesAsync(BotCall call)
    {
        if (webhook.IsActive)
            return await TellAsync(Conflict("can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"), call.Aborted);
        if (call.AllowedUpdates() is { } allowed)
            updates.Allowed = allowed;

        var offset = call.Int32("offset", 0, int.MinValue, int.MaxValue);
        var limit = call.Int32("limit", 100, 1, 100);
        var timeout = TimeSpan.FromSeconds(call.Int32("timeout", 0, 0, MaxTimeoutSeconds));
        Throttle(offset, ref limit, ref timeout);

        var changed = updates.NextChange;
        var found = updates.Take(offset, limit);
        if (found.Count > 0 || timeout == TimeSpan.Zero)
            return Deliver(found);
        return await WaitAsync(Math.Max(offset, 0), limit, timeout, changed, call.Aborted);
    }

    /// <summary>setWebhook ends a waiting poll.</summary>
    public void Terminate() => Replace(null, Conflict("terminated by setWebhook request"));

    /// <summary>Breaks the connection of a waiting poll.</summary>
    /// <returns>False when none waits.</returns>
    public bool Drop() => Replace(null, BotResult.Dropped);

    /// <summary>Until a poll waits for updates.</summary>
    public async Task ArrivedAsync(CancellationToken stop)
    {
        while (true)
        {
            var arrived = _arrived.Next;
            lock (_gate)
            {
                if (_waiting is not null)
                    return;
            }

            await arrived.WaitAsync(stop);
        }
    }

    private async Task<BotResult> WaitAsync(int offset, int limit, TimeSpan timeout, Task changed, CancellationToken aborted)
    {
        var mine = new TaskCompletionSource<BotResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(aborted);
        // The clock runs before anybody can see that the poll waits.
        var elapsed = Task.Delay(timeout, time, ended.Token);
        Replace(mine, Conflict("terminated by other getUpdates request; make sure that only one bot instance is running"));
        _arrived.Raise();
        try
        {
            while (true)
            {
                var first = await Task.WhenAny(mine.Task, changed, elapsed);
                if (first == mine.Task)
                    return await TellAsync(await mine.Task, aborted);
                aborted.ThrowIfCancellationRequested();
                changed = updates.NextChange;
                if (TakeFor(mine, offset, limit) is { } found && (found.Count > 0 || first == elapsed))
                    return Deliver(found);
            }
        }
        finally
        {
            await ended.CancelAsync();
            lock (_gate)
                _waiting = _waiting == mine ? null : _waiting;
        }
    }

    private BotResult Deliver(IReadOnlyList<PendingUpdate> found)
    {
        deliveries.Add(found);
        return BotResult.Updates(found);
    }

    /// <summary>Null when the poll was replaced: the newer one gets the updates, or they would be delivered twice.</summary>
    private IReadOnlyList<PendingUpdate>? TakeFor(TaskCompletionSource<BotResult> poll, int offset, int limit)
    {
        lock (_gate)
            return _waiting == poll ? updates.Take(offset, limit) : null;
    }

    private bool Replace(TaskCompletionSource<BotResult>? poll, BotResult end)
    {
        lock (_gate)
        {
            var ended = _waiting?.TrySetResult(end) is true;
            _waiting = poll;
            return ended;
        }
    }

    private void Throttle(int offset, ref int limit, ref TimeSpan timeout)
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            if (_previous is { } previous && previous.Offset == offset)
            {
                if (timeout < BusyPolling && now - previous.Start < BusyPolling)
                    timeout = BusyPolling;
                if (now - previous.Start < VeryBusyPolling)
                    limit = 1;
            }

            _previous = (offset, now);
        }
    }

    /// <summary>The first conflict is told at once, more within 3 s only after 3 s.</summary>
    private async Task<BotResult> TellAsync(BotResult end, CancellationToken aborted)
    {
        if (end == BotResult.Dropped)
            return end;
        bool wait;
        lock (_gate)
        {
            wait = time.GetUtcNow() < _nextConflict;
            if (!wait)
                _nextConflict = time.GetUtcNow() + ConflictDelay;
        }

        if (wait)
            await Task.Delay(ConflictDelay, time, aborted);
        return end;
    }

    private static BotResult Conflict(string reason) => BotResult.Error(409, $"Conflict: {reason}");
}
