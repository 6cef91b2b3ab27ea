using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace Clawdex.Gateway.Markdown;

/// <summary>
/// Where a link leads, as far as Telegram follows it: one that leads nowhere there is shown as text instead, and one whose text
/// names another host than it opens has the real one behind it.
/// </summary>
internal static partial class LinkTarget
{
    // A longer one is shown as text: all entities of a message share about 9,500 bytes (ENTITIES_TOO_LONG).
    private const int MaxBytes = 7000;

    // What looks like a dot, and what browsers take for one.
    private const string Dots = "\u3002\uFF0E\uFF61\u2024\uFE52";

    // Endings of files that are no domains: a name with one of them names no host.
    private static readonly HashSet<string> FileEndings =
        new(StringComparer.OrdinalIgnoreCase) { "js", "ts", "cs", "json", "txt", "html", "xml", "yaml", "yml", "cpp", "java", "csproj", "csv", "toml" };

    /// <summary>What the link is to open; null = Telegram would drop it without a word. A user's name in it only deceives.</summary>
    public static string? Followed(string url)
    {
        if (MessageSize.EscapedBytes(url) > MaxBytes || !Uri.TryCreate(url, UriKind.Absolute, out var uri))
            return null;
        if (uri.Scheme == "tg")
            return uri.Host == "user" ? url : null;
        if (uri.Scheme is not ("http" or "https") || AsciiHost(uri) is not { } host)
            return null;
        if (uri.HostNameType is not UriHostNameType.IPv6 && !uri.Host.Contains('.', StringComparison.Ordinal))
            return null;
        return uri.UserInfo.Length == 0 && PunycodeHost(url) is null
            ? url
            : new UriBuilder(uri) { UserName = "", Password = "", Host = host }.Uri.AbsoluteUri;
    }

    /// <summary>What to write behind the text of a link; null = nothing.</summary>
    public static string? ShownBehind(string url, bool isFollowed, string text)
    {
        if (isFollowed)
            return Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme != "tg" ? PunycodeHost(url) ?? OtherHost(AsciiHost(uri) ?? "", text) : null;

        var shown = url.StartsWith("mailto:", StringComparison.OrdinalIgnoreCase) ? url["mailto:".Length..] : url;
        var isWorthless = shown.Length is 0 || shown[0] == '#' || shown.StartsWith("data:", StringComparison.OrdinalIgnoreCase);
        return isWorthless || text.Contains(shown, StringComparison.Ordinal) ? null : shown;
    }

    /// <summary>The true name of a host that is not written in ASCII; null = it is, or there can be no such host.</summary>
    public static string? PunycodeHost(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && !System.Text.Ascii.IsValid(uri.Host) && AsciiHost(uri) is { Length: > 0 } host ? host : null;

    /// <summary>Without characters that nobody sees, except those that join letters or emoji.</summary>
    public static string WithoutControls(string text)
    {
        foreach (var c in text)
        {
            if (IsControl(c))
                return string.Concat(text.Where(c => !IsControl(c)));
        }

        return text;
    }

    /// <summary>Null = there can be no such host, which .NET finds only here: bad Punycode, or letters of both directions.</summary>
    private static string? AsciiHost(Uri uri)
    {
        try
        {
            return uri.IdnHost;
        }
        catch (UriFormatException)
        {
            return null;
        }
    }

    private static bool IsControl(char c) => c > 0x7F && c is not ('\u200C' or '\u200D') && char.GetUnicodeCategory(c) is UnicodeCategory.Format;

    private static string? OtherHost(string host, string text)
    {
        foreach (Match match in Name().Matches(text))
        {
            var name = string.Concat(match.Value.Select(c => Dots.Contains(c, StringComparison.Ordinal) ? '.' : c)).Trim('.', '-');
            if (IsHost(name, text.AsSpan(0, match.Index)) && !IsSame(WithoutWww(name), WithoutWww(host.TrimEnd('.'))))
                return host;
        }

        return null;
    }

    /// <param name="before">The text before the name.</param>
    private static bool IsHost(string name, ReadOnlySpan<char> before)
    {
        if (before.EndsWith("://", StringComparison.Ordinal))
            return true;

        var isPath = before.EndsWith('/') && !before.EndsWith("//", StringComparison.Ordinal);
        var ending = name[(name.LastIndexOf('.') + 1)..];
        var isDomain = ending.Length > 1 && ending.Length < name.Length && !FileEndings.Contains(ending)
            && (ending.All(char.IsLetter) || ending.StartsWith("xn--", StringComparison.OrdinalIgnoreCase));
        return !isPath && (isDomain || (name.Count(c => c == '.') == 3 && IPAddress.TryParse(name, out _)));
    }

    // A text may name the domain and the link a host in it.
    private static bool IsSame(string named, string host) =>
        host.Equals(named, StringComparison.OrdinalIgnoreCase) || host.EndsWith("." + named, StringComparison.OrdinalIgnoreCase);

    private static string WithoutWww(string host) => host.StartsWith("www.", StringComparison.OrdinalIgnoreCase) ? host[4..] : host;

    [GeneratedRegex(@"[\p{L}\p{N}\p{M}.\-" + Dots + "]+")]
    private static partial Regex Name();
}
