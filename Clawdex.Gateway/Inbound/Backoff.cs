using Clawdex.Gateway.Outbound;

namespace Clawdex.Gateway.Inbound;

/// <summary>The pauses between attempts to reach the Bot API: longer each time, with jitter, and never shorter than it asks for.</summary>
internal sealed class Backoff(TimeProvider time)
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(30);

    /// <summary>Telegram itself delays repeated conflicts by 3 s.</summary>
    private static readonly TimeSpan AfterConflict = TimeSpan.FromSeconds(3);

    private TimeSpan _next = First;

    /// <summary>An attempt got through.</summary>
    public void Reset() => _next = First;

    public Task WaitAsync(BotApiFailure failure, CancellationToken cancellationToken)
    {
        // Half to all of it: programs that lost the same server do not come back in step.
        var pause = _next * (0.5 + (Random.Shared.NextDouble() / 2));
        _next = _next * 2 < Longest ? _next * 2 : Longest;
        var least = failure.Kind switch
        {
            BotApiFailureKind.Conflict => AfterConflict,
            BotApiFailureKind.TooManyRequests => failure.RetryAfter,
            _ => TimeSpan.Zero,
        };
        return Task.Delay(pause > least ? pause : least, time, cancellationToken);
    }
}
