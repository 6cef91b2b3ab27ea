namespace Clawdex.Gateway.Replies;

/// <summary>When waiting text is due, before the chat's budget has its say.</summary>
/// <param name="Interval">Due this long after the last chunk.</param>
/// <param name="Characters">Due as soon as this many new UTF-16 units wait.</param>
/// <param name="MaxWait">Due this long after the last frame even while chunks keep coming; at least <paramref name="Interval"/>.</param>
internal sealed record EditPacing(TimeSpan Interval, int Characters, TimeSpan MaxWait)
{
    private static readonly TimeSpan UsualMaxWait = TimeSpan.FromSeconds(1);

    public static EditPacing From(TelegramOptions options)
    {
        var interval = TimeSpan.FromMilliseconds(options.EditIntervalMs);
        return new EditPacing(interval, options.EditChars, interval > UsualMaxWait ? interval : UsualMaxWait);
    }
}
