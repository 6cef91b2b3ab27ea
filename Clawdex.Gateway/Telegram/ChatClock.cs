namespace Clawdex.Gateway.Telegram;

/// <summary>Time since this value was made. Counted from there and not from zero, because timestamps are too large for the precision of their conversion.</summary>
internal sealed class ChatClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    public TimeSpan Now => time.GetElapsedTime(_start);

    /// <summary>The wait from now on, in whole milliseconds: timers cut fractions off, and would end early and often.</summary>
    public static TimeSpan WholeMilliseconds(TimeSpan wait) => TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds));
}
