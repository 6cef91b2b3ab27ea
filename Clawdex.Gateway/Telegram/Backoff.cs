namespace Clawdex.Gateway.Telegram;

/// <summary>The pauses between attempts to reach the Bot API: longer each time, with jitter, and never shorter than it asks for.</summary>
internal sealed class Backoff(TimeProvider time)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <summary>Telegram itself delays repeated conflicts by 3 s.</summary>
    private static readonly TimeSpan AfterConflict = TimeSpan.FromSeconds(3);

    /// <summary>Two that poll by turns both succeed now and then: only a minute alone says that the other one is gone.</summary>
    private static readonly TimeSpan AloneAfter = TimeSpan.FromMinutes(1);

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
        if (_lastConflict is { } last && time.GetElapsedTime(last) > AloneAfter + _nextAfterConflict)
            _nextAfterConflict = AfterConflict;
        _lastConflict = time.GetTimestamp();
        var pause = _nextAfterConflict * (1 + (Random.Shared.NextDouble() / 2));
        _nextAfterConflict = _nextAfterConflict * 2 < Longest ? _nextAfterConflict * 2 : Longest;
        return pause;
    }
}
