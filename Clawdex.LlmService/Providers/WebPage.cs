using System.Text.RegularExpressions;

namespace Clawdex.LlmService.Providers;

/// <summary>What answers in a provider's place: a hotel's network, a wall against bots, a proxy. No provider speaks HTML.</summary>
internal static partial class WebPage
{
    public static bool Is(ReadOnlySpan<byte> body) => body.TrimStart(" \t\r\n"u8).StartsWith("<"u8);

    /// <summary>Empty = it has none.</summary>
    public static string TitleOf(string body) => Title().Match(body).Groups["title"].Value;

    [GeneratedRegex("<title[^>]*>(?<title>[^<]*)", RegexOptions.IgnoreCase)]
    private static partial Regex Title();
}
