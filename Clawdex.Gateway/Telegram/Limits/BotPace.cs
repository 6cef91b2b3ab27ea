namespace Clawdex.Gateway.Telegram.Limits;

/// <summary>
/// The calls that Telegram takes from the bot as a whole. Nobody publishes how many, so there is no limit until it refuses one.
/// From then on the edits of growing answers take turns: so many a second as it took before, less a third, and slowly more
/// again. Nothing else ever waits for a turn, but each call takes one from the edits that come after it.
/// </summary>
internal sealed class BotPace(TimeProvider time)
{
    /// <summary>Telegram's own advice to bots. Below it, a refusal is about a chat, and that chat's budget has its say.</summary>
    public const double LeastPerSecond = 30;

    private const double AfterRefusal = 2d / 3;

    /// <summary>The share of what was refused by which the pace grows each second: after half a minute it has tried the same again.</summary>
    private const double Growth = 0.01;

    /// <summary>After so long without a refusal there is no limit any more.</summary>
    private static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(5);

    /// <summary>A single chat may be closed for hours, and that says nothing of the others.</summary>
    private static readonly TimeSpan LongestDeaf = TimeSpan.FromSeconds(10);

    /// <summary>How far what does not wait puts off those that do.</summary>
    private static readonly TimeSpan LongestDebt = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly ChatClock _clock = new(time);

    // Calls of the last second or so, each of which counts for less as it gets older.
    private double _recent;
    private TimeSpan _recentAt;

    private double _refused = double.PositiveInfinity;
    private TimeSpan _refusedAt;
    private TimeSpan _deafUntil;
    private TimeSpan _nextTurn;

    /// <summary>A call is made: it was an edit's turn, or nothing that waits for one.</summary>
    public void Count(bool hadTurn)
    {
        lock (_lock)
        {
            var now = _clock.Now;
            _recent = RecentAt(now) + 1;
            _recentAt = now;
            // Where answers begin and end faster than Telegram takes it, those that grow still have a turn now and then.
            if (!hadTurn && _nextTurn - now < LongestDebt)
                Take(now);
        }
    }

    /// <summary>Takes the next turn for an edit.</summary>
    /// <returns>How long it has to wait for it; zero = it may go now.</returns>
    public TimeSpan TakeTurn()
    {
        lock (_lock)
            return Take(_clock.Now);
    }

    /// <summary>Telegram refused a call as one too many.</summary>
    public void Refused(TimeSpan retryAfter)
    {
        lock (_lock)
        {
            var now = _clock.Now;
            // Until the time is over that it asked for, more refusals say the same once more.
            if (now < _deafUntil || RecentAt(now) <= LeastPerSecond)
                return;
            _refused = Math.Min(RecentAt(now), PerSecondAt(now));
            (_refusedAt, _deafUntil) = (now, now + (retryAfter < LongestDeaf ? retryAfter : LongestDeaf));
        }
    }

    /// <summary>How many calls a second there may be; infinite = Telegram has refused none for a while.</summary>
    public double PerSecond
    {
        get
        {
            lock (_lock)
                return PerSecondAt(_clock.Now);
        }
    }

    private TimeSpan Take(TimeSpan now)
    {
        var turn = _nextTurn > now ? _nextTurn : now;
        var perSecond = PerSecondAt(now);
        _nextTurn = double.IsInfinity(perSecond) ? now : turn + TimeSpan.FromSeconds(1 / perSecond);
        return double.IsInfinity(perSecond) ? TimeSpan.Zero : turn - now;
    }

    private double PerSecondAt(TimeSpan now)
    {
        var since = now - _refusedAt;
        return double.IsInfinity(_refused) || since > Forgotten
            ? double.PositiveInfinity
            : Math.Max(LeastPerSecond, _refused * (AfterRefusal + (Growth * since.TotalSeconds)));
    }

    private double RecentAt(TimeSpan now) => _recent * Math.Exp(-(now - _recentAt).TotalSeconds);
}
