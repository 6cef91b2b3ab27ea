namespace Clawdex.TelegramEmulator.Control;

/// <summary>Unix time in microseconds, for what is measured rather than shown.</summary>
internal static class Micros
{
    public static long Of(DateTimeOffset time) => (time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}
