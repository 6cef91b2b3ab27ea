using System.Text.RegularExpressions;

namespace Clawdex.LlmService.Providers;

/// <summary>Makes a provider's own words fit to be shown: short, one line, and without anything that looks like a key.</summary>
internal static partial class SafeText
{
    private const int MaxLength = 240;

    /// <param name="key">The key that was sent, which some servers quote back; null = none.</param>
    public static string Clean(string? text, string? key)
    {
        if (string.IsNullOrWhiteSpace(text))
            return "";

        // Before the cut, so that no half of a key is left at the end.
        var clean = string.IsNullOrEmpty(key) ? text : text.Replace(key, "[key]", StringComparison.OrdinalIgnoreCase);
        clean = KeyLike().Replace(clean, "[key]");
        clean = Blank().Replace(clean, " ").Trim();
        if (clean.Length <= MaxLength)
            return clean;
        return clean[..(char.IsHighSurrogate(clean[MaxLength - 1]) ? MaxLength - 1 : MaxLength)] + "…";
    }

    /// <summary>Of any provider, since a server may quote the key that it has for another one.</summary>
    [GeneratedRegex(
        @"(?:(?<![a-z0-9])sk-|\bAIza|\bAQ\.)[\w.*-]+|\bBearer\s+[^\s""',;]+|\b(?:sk|gsk|xai|hf|nvapi|pplx|ghp)[-_][\w.*-]{20,}"
        + @"|(?<=\bapi[-_]?key\W{1,4})(?=[\w.*/+=-]*\d)[\w.*/+=-]{12,}",
        RegexOptions.IgnoreCase)]
    private static partial Regex KeyLike();

    [GeneratedRegex(@"[\s\p{C}]+")]
    private static partial Regex Blank();
}
