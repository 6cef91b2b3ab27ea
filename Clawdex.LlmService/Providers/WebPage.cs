using System.Text.RegularExpressions;

namespace Clawdex.LlmService.Providers;

/// <summary>What answers in a provider's place: a hotel's network, a wall against bots, a proxy. No provider speaks HTML.</summary>
internal static partial class WebPage
{
    public static bool Is(ReadOnlySpan<byte> body) => body.TrimStart(" \t\r\n"u8) is [(byte)'<', var next, ..] && BeginsTag((char)next);

    public static bool Is(ReadOnlySpan<char> body) => body.TrimStart() is ['<', var next, ..] && BeginsTag(next);

    /// <summary>Its title, or its first heading where it has no title; empty = it has neither.</summary>
    public static string TitleOf(string body) => Title().Match(body).Groups["title"].Value;

    // <400> begins words of Qwen's.
    private static bool BeginsTag(char c) => c is '!' or '?' || char.IsAsciiLetter(c);

    [GeneratedRegex("<(?:title|h1)[^>]*>(?<title>[^<]*)", RegexOptions.IgnoreCase)]
    private static partial Regex Title();
}
