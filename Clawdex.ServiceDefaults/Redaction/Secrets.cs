using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Configuration;

namespace Clawdex.ServiceDefaults.Redaction;

/// <summary>
/// Knows what must never leave the process in telemetry or on the console: every secret of this service's configuration, by
/// value, wherever it turns up; and, by their look, credentials that come from elsewhere, such as a Bot API URL's token.
/// </summary>
/// <remarks>What people write cannot be recognized. It stays out because nothing puts it in.</remarks>
internal sealed partial class Secrets
{
    public const string Placeholder = "[redacted]";

    /// <summary>A shorter value is likely to be an ordinary word, which would then vanish from every text.</summary>
    private const int ShortestValue = 9;

    /// <summary>One of these is in every text that <see cref="Credential"/> can match.</summary>
    private static readonly string[] Signs = ["/bot", "bearer", "sk-", "aiza", "aq.", "key", ":aa", "password", "pwd"];

    private readonly string[] _values;
    private readonly SearchValues<string> _anySign;

    public Secrets(IConfiguration configuration)
    {
        // Longest first: a value may contain another one.
        _values = [.. configuration.AsEnumerable().SelectMany(ValuesOf).Distinct(StringComparer.Ordinal).OrderByDescending(value => value.Length)];
        _anySign = SearchValues.Create([.. _values, .. Signs], StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>False = nothing in the text is a secret, and <paramref name="redacted"/> is null.</summary>
    public bool TryRedact([NotNullWhen(true)] string? text, [NotNullWhen(true)] out string? redacted)
    {
        redacted = null;
        // All but every text ends here, at the price of one vectorized search.
        if (string.IsNullOrEmpty(text) || !text.AsSpan().ContainsAny(_anySign))
            return false;

        var clean = text;
        foreach (var value in _values)
            clean = clean.Replace(value, Placeholder, StringComparison.OrdinalIgnoreCase);
        clean = Credential().Replace(clean, match => match.Groups["keep"].Value + Placeholder);
        if (clean.Length == text.Length && clean == text)
            return false;
        redacted = clean;
        return true;
    }

    public string Redact(string text) => TryRedact(text, out var redacted) ? redacted : text;

    private static IEnumerable<string> ValuesOf(KeyValuePair<string, string?> setting)
    {
        if (!SecretKey().IsMatch(setting.Key) || setting.Value?.Trim() is not { Length: >= ShortestValue } value)
            yield break;
        yield return value;
        if (Uri.EscapeDataString(value) is var escaped && escaped != value)
            yield return escaped;
        // A bot token's number is public; what follows it is the secret, with or without the number.
        if (value.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon && value.Length - colon > ShortestValue)
            yield return value[(colon + 1)..];
    }

    /// <summary>Names of settings and environment variables whose value is a secret: <c>gemini:apiKey</c>, <c>TELEGRAM_BOT_TOKEN</c>, …</summary>
    [GeneratedRegex("(token|secret|password|api_?key|headers)$", RegexOptions.IgnoreCase)]
    private static partial Regex SecretKey();

    /// <summary>What stands before the credential stays, so that the text can still be read.</summary>
    [GeneratedRegex(
        """
        (?<keep>/bot)\d+(?::|%3A)[^\s/?\#"'<>]+
        | (?<keep>\bBearer\s+)[^\s"',;]+
        | (?<keep>\bx-goog-api-key["']?\s*[:=]\s*["']?)[^\s"',;&]+
        | (?<keep>[?&](?:api_?)?key=)[^\s"'&\#]+
        | (?<keep>\b(?:password|pwd)\s*=\s*)[^\s;]+
        | (?<keep>)\bsk-[\w-]{8,}
        | (?<keep>)\bAIza[\w-]{10,}
        | (?<keep>)\bAQ\.[\w-]{10,}
        | (?<keep>)\b\d{6,}:AA[\w-]{20,}
        """,
        RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture)]
    private static partial Regex Credential();
}
