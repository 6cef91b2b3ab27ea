namespace Clawdex.Gateway.Access;

/// <summary>
/// How often strangers are told that the bot is not for them: once an hour each, so that nobody can make it chatter, and one a
/// second and 20 a minute in all, so that no crowd can.
/// </summary>
internal sealed class Refusals(TimeProvider time)
{
    public const int MostPerMinute = 20;

    private static readonly TimeSpan ForEach = TimeSpan.FromHours(1);
    private static readonly TimeSpan ForAll = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);

    private const int MostRemembered = 10_000;

    private readonly Lock _gate = new();
    private readonly RecentMap<long, long> _toldAt = new(MostRemembered);
    private readonly Queue<long> _lastMinute = new();

    /// <summary>Whether it is time to tell this stranger; if so, it counts as done.</summary>
    /// <param name="userId">Null = nobody in particular, who is never told.</param>
    public bool TryTell(long? userId)
    {
        if (userId is not { } id)
            return false;
        lock (_gate)
        {
            if (_toldAt.TryGet(id, out var last) && time.GetElapsedTime(last) < ForEach || !TryTake())
                return false;
            _toldAt.Set(id, time.GetTimestamp());
            return true;
        }
    }

    /// <summary>Whether there is time to tell anybody; if so, it counts as done.</summary>
    public bool TryTake()
    {
        lock (_gate)
        {
            while (_lastMinute.TryPeek(out var oldest) && time.GetElapsedTime(oldest) >= Minute)
                _lastMinute.Dequeue();
            if (_lastMinute.Count >= MostPerMinute || _lastMinute.Any(told => time.GetElapsedTime(told) < ForAll))
                return false;
            _lastMinute.Enqueue(time.GetTimestamp());
            return true;
        }
    }
}
