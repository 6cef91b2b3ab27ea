using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Telegram.Limits;

/// <summary>
/// The calls that one chat may still receive. Sends and edits share it, as they do at Telegram (levlam, tdlib/td#3034).
/// A token bucket that refills all the time, with a floor per <see cref="CallPriority"/>, and the deadline that a 429 set.
/// Holds no timer: it answers how long to wait, and the caller waits.
/// </summary>
internal sealed class ChatBudget
{
    // Interim frames start with this many calls at once and then keep the refill's pace. Telegram's true limit is
    // unpublished; a server that tolerates only three calls in a row still accepts these two and a final one.
    private const int InterimBurst = 2;

    // An answer that was broken off leaves the turn that it waited for.
    private static readonly TimeSpan AbandonedAfter = TimeSpan.FromMinutes(1);

    // Seconds: a pace of next to nothing is no longer than a timer.
    private const double LongestWait = 86_400;

    // Enough for a first text and its final one; further ones wait until the credit is paid back.
    private const int Credit = 1;

    private readonly Lock _lock = new();
    private readonly BotPace _pace;
    private readonly ChatClock _clock;
    private readonly double _capacity;
    private readonly double _perSecond;
    private double _level;
    private TimeSpan _levelAt;
    private TimeSpan _blockedUntil;

    /// <summary>When it is the turn of this chat's next edit; null = none waits for one.</summary>
    private TimeSpan? _turn;

    private ChatBudget(double capacity, double perSecond, BotPace pace, TimeProvider time)
    {
        (_capacity, _perSecond, _pace, _clock) = (capacity, perSecond, pace, new ChatClock(time));
        _level = capacity;
    }

    /// <summary>A chat's budget under <paramref name="limits"/>, of which a 0 means unlimited.</summary>
    public static ChatBudget For(bool isGroup, TelegramLimits limits, BotPace pace, TimeProvider time)
    {
        if (!isGroup)
            return limits is { ChatPerSecond: > 0, ChatBurst: > 0 } ? new(limits.ChatBurst, limits.ChatPerSecond, pace, time) : Unlimited(pace, time);
        if (limits.GroupPerMinute <= 0)
            return Unlimited(pace, time);

        // Burst, credit and a minute's refill together are what a group tolerates in any minute.
        double burst = Math.Max(1, Math.Min(limits.ChatBurst > 0 ? limits.ChatBurst : int.MaxValue, limits.GroupPerMinute / 4));
        return new(burst, Math.Max(limits.GroupPerMinute - burst - Credit, 1) / 60, pace, time);
    }

    private bool IsUnlimited => double.IsInfinity(_capacity);

    private static ChatBudget Unlimited(BotPace pace, TimeProvider time) => new(double.PositiveInfinity, 0, pace, time);

    /// <summary>How long a call of this priority has to wait, in whole milliseconds; zero = it may go now.</summary>
    public TimeSpan DelayFor(CallPriority priority)
    {
        lock (_lock)
            return DelayOrTurn(priority, _clock.Now);
    }

    /// <summary>Pays for one call if it may go now.</summary>
    public bool TryTake(CallPriority priority)
    {
        lock (_lock)
        {
            var now = _clock.Now;
            if (DelayOrTurn(priority, now) > TimeSpan.Zero)
                return false;

            (_level, _levelAt) = (LevelAt(now) - 1, now);
            Count();
            return true;
        }
    }

    /// <summary>Pays for a call that had to be made whatever the budget said, as far as there is credit.</summary>
    public void Pay()
    {
        lock (_lock)
        {
            var now = Later(_clock.Now, _levelAt);
            (_level, _levelAt) = (Math.Max(LevelAt(now) - 1, -Credit), now);
            Count();
        }
    }

    /// <summary>A 429. It is about this chat, or about all that the bot sends; Telegram does not say which.</summary>
    public void Refused(TimeSpan retryAfter)
    {
        _pace.Refused(retryAfter);
        Block(retryAfter);
    }

    /// <summary>No call of any priority until <paramref name="time"/> from now has passed, and no burst right after it.</summary>
    public void Block(TimeSpan time)
    {
        lock (_lock)
        {
            var until = _clock.Now + time;
            if (until <= _blockedUntil)
                return;

            if (!IsUnlimited)
                _level = Math.Min(LevelAt(until), Floor(CallPriority.Interim) + 1);
            (_levelAt, _blockedUntil) = (until, until);
        }
    }

    /// <summary>What is left of the longest wait that a 429 has asked for.</summary>
    public TimeSpan BlockedFor
    {
        get
        {
            lock (_lock)
                return Later(_blockedUntil - _clock.Now, TimeSpan.Zero);
        }
    }

    /// <summary>True when a new budget would be no different.</summary>
    public bool IsFull
    {
        get
        {
            lock (_lock)
            {
                var now = _clock.Now;
                return _blockedUntil <= now && LevelAt(now) >= _capacity && !(_turn > now - AbandonedAfter);
            }
        }
    }

    /// <summary>An edit that the chat has room for waits for its turn among the edits of all chats.</summary>
    private TimeSpan DelayOrTurn(CallPriority priority, TimeSpan now)
    {
        var delay = Delay(priority, now);
        if (delay > TimeSpan.Zero || priority is not CallPriority.Interim)
            return delay;
        _turn ??= now + _pace.TakeTurn();
        return ChatClock.WholeMilliseconds(Later(_turn.Value - now, TimeSpan.Zero));
    }

    /// <summary>Whatever the call is, it uses the turn that an edit waits for: what it shows is newer.</summary>
    private void Count()
    {
        _pace.Count(hadTurn: _turn is not null);
        _turn = null;
    }

    private TimeSpan Delay(CallPriority priority, TimeSpan now)
    {
        var blocked = _blockedUntil - now;
        var missing = Floor(priority) + 1 - LevelAt(now);
        var refilled = missing <= Rounding ? TimeSpan.Zero : TimeSpan.FromSeconds(Math.Min(missing / _perSecond, LongestWait));
        return ChatClock.WholeMilliseconds(Later(Later(blocked, refilled), TimeSpan.Zero));
    }

    // Sums of tenths are not exact.
    private const double Rounding = 1e-6;

    private double LevelAt(TimeSpan time) =>
        Math.Min(_capacity, _level + (_perSecond * Later(time - _levelAt, TimeSpan.Zero).TotalSeconds));

    private double Floor(CallPriority priority)
    {
        if (IsUnlimited)
            return 0;

        var interim = Math.Max(_capacity - InterimBurst, Math.Min(1, _capacity - 1));
        return priority switch
        {
            CallPriority.Interim => interim,
            CallPriority.Reply => Math.Max(Math.Min(1, interim - 1), 0),
            CallPriority.Final => 0,
            _ => -Credit,
        };
    }

    private static TimeSpan Later(TimeSpan a, TimeSpan b) => a > b ? a : b;
}

/// <summary>
/// The budget of every chat that was written to lately. Topics of a forum share their chat's, because Telegram counts by chat.
/// What all of them share is the <see cref="BotPace"/>, which has no limit until Telegram shows one: its 30 calls a second are for
/// broadcasts, not for replies.
/// </summary>
internal sealed class ChatBudgets(IOptions<TelegramOptions> options, BotPace pace, TimeProvider time)
{
    // A budget that is full again says nothing that a new one would not: memory stays bounded by the chats in use.
    private const int SweepEvery = 1000;

    private readonly ConcurrentDictionary<long, ChatBudget> _budgets = new();
    private int _added;

    /// <summary>The chat's budget; groups have negative ids.</summary>
    public ChatBudget For(long chatId)
    {
        if (_budgets.TryGetValue(chatId, out var known))
            return known;
        if (Interlocked.Increment(ref _added) % SweepEvery == 0)
            Sweep();

        return _budgets.GetOrAdd(chatId, id => ChatBudget.For(id < 0, options.Value.Limits, pace, time));
    }

    private void Sweep()
    {
        foreach (var entry in _budgets.Where(entry => entry.Value.IsFull))
            _budgets.TryRemove(entry);
    }
}

/// <summary>Time since this value was made. Counted from there and not from zero, because timestamps are too large for the precision of their conversion.</summary>
internal sealed class ChatClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    public TimeSpan Now => time.GetElapsedTime(_start);

    /// <summary>The wait from now on, in whole milliseconds: timers cut fractions off, and would end early and often.</summary>
    public static TimeSpan WholeMilliseconds(TimeSpan wait) => TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds));
}
