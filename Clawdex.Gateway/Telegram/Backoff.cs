namespace Clawdex.Gateway.Telegram;

/// <summary>The pauses between attempts to reach the Bot API: longer each time, with jitter, and never shorter than it asks for.</summary>
internal sealed class Backoff(TimeProvider time)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <summary>Telegram itself delays repeated conflicts by 3 s.</summary>
    private static readonly TimeSpan AfterConflict = TimeSpan.FromSeconds(3);

    /// <summary>
    /// So long after its first attempt, a poller that meets another one has most likely just followed it: what is in the way is that
    /// one's last poll, or one that it sends before it knows. Users wait meanwhile, so nothing grows.
    /// </summary>
    private static readonly TimeSpan TakeOver = TimeSpan.FromMinutes(1);

    /// <summary>Telegram answers no faster than every 3 s to who repeats conflicts, so that asking sooner is no flood.</summary>
    private static readonly TimeSpan AfterConflictInTakeOver = TimeSpan.FromSeconds(1);

    /// <summary>Two that poll by turns both succeed now and then: only a minute alone says that the other one is gone.</summary>
    private static readonly TimeSpan AloneAfter = TimeSpan.FromMinutes(1);

    private readonly long _start = time.GetTimestamp();
    private TimeSpan _next = First;
    private TimeSpan _nextAfterConflict = AfterConflict;
    private long? _lastConflict;

    /// <summary>An attempt got through.</summary>
    public void Reset() => _next = First;

    public Task WaitAsync(BotApiFailure failure, CancellationToken cancellationToken) =>
        Task.Delay(failure.Kind is BotApiFailureKind.Conflict ? NextAfterConflict() : Next(failure), time, cancellationToken);

    private TimeSpan Next(BotApiFailure failure)
    {
        // Half to all of it: programs that lost the same server do not come back in step.
        var pause = _next * (0.5 + (Random.Shared.NextDouble() / 2));
        _next = _next * 2 < Longest ? _next * 2 : Longest;
        return failure.Kind is BotApiFailureKind.TooManyRequests && failure.RetryAfter > pause ? failure.RetryAfter : pause;
    }

    /// <summary>Yields to the other poller, for longer each time, and not in step with it.</summary>
    private TimeSpan NextAfterConflict()
    {
        if (time.GetElapsedTime(_start) < TakeOver)
            return WithJitter(AfterConflictInTakeOver);
        if (_lastConflict is { } last && time.GetElapsedTime(last) > AloneAfter + _nextAfterConflict)
            _nextAfterConflict = AfterConflict;
        _lastConflict = time.GetTimestamp();
        var pause = WithJitter(_nextAfterConflict);
        _nextAfterConflict = _nextAfterConflict * 2 < Longest ? _nextAfterConflict * 2 : Longest;
        return pause;
    }

    private static TimeSpan WithJitter(TimeSpan pause) => pause * (1 + (Random.Shared.NextDouble() / 2));
}
