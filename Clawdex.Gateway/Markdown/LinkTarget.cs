namespace Clawdex.Gateway.Markdown;

/// <summary>Where a link leads, as far as Telegram follows it: one that leads nowhere there is shown as text instead.</summary>
internal static class LinkTarget
{
    // Beyond it an address is data and no address, and not worth its share of a message (ENTITIES_TOO_LONG).
    private const int MaxLength = 2048;

    /// <summary>True for http, https with a real host, and tg. Telegram drops others from the message without a word.</summary>
    public static bool IsFollowed(string url) =>
        url.Length <= MaxLength && Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme switch
        {
            "http" or "https" => uri.HostNameType is UriHostNameType.IPv6 || uri.Host.Contains('.', StringComparison.Ordinal),
            "tg" => true,
            _ => false,
        };

    /// <summary>What to write behind the text of a link that is not followed; null = nothing.</summary>
    public static string? Shown(string url, string text)
    {
        var shown = url.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase) ? url["mailto:".Length..] : url;
        var isWorthless = shown.Length is 0 or > MaxLength || shown[0] == '#' || url.StartsWith(MarkdownHealing.UnknownTarget, StringComparison.Ordinal);
        return isWorthless || text.Contains(shown, StringComparison.Ordinal) ? null : shown;
    }
}
