using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.RegularExpressions;
using Clawdex.ServiceDefaults.Settings;
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

    /// <summary>One of these, or an @, is in every text that <see cref="Credential"/> can match.</summary>
    private static readonly string[] Signs =
        ["/bot", "bearer", "basic", "sk-", "aiza", "aq.", "key", ":aa", "%3aaa", "passw", "pwd", "secret", "token"];

    private readonly string[] _values;
    private readonly SearchValues<string> _anyValue;
    private readonly SearchValues<string> _anySign = SearchValues.Create(Signs, StringComparison.OrdinalIgnoreCase);

    /// <param name="configuration">The service's.</param>
    /// <param name="keys">The service's settings; of other programs' variables only the names are known.</param>
    public Secrets(IConfiguration configuration, IEnumerable<SettingKey> keys)
    {
        SettingKey[] secret = [.. keys.Where(key => key.IsSecret)];
        // Longest first: a value may contain another one.
        _values =
        [
            .. configuration.AsEnumerable()
                .Where(setting => SecretName().IsMatch(setting.Key) || secret.Any(key => key.Matches(setting.Key)))
                .SelectMany(setting => PartsOf(setting.Value?.Trim() ?? ""))
                .Where(part => part.Length >= ShortestValue)
                .SelectMany(FormsOf).Distinct(StringComparer.Ordinal).OrderByDescending(value => value.Length),
        ];
        _anyValue = SearchValues.Create(_values, StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>False = nothing in the text is a secret, and <paramref name="redacted"/> is null.</summary>
    public bool TryRedact([NotNullWhen(true)] string? text, [NotNullWhen(true)] out string? redacted)
    {
        redacted = null;
        if (string.IsNullOrEmpty(text))
            return false;
        // All but every text ends here, at the price of vectorized searches.
        var (hasValue, hasSign) = (text.AsSpan().ContainsAny(_anyValue), text.Contains('@', StringComparison.Ordinal) || text.AsSpan().ContainsAny(_anySign));
        if (!hasValue && !hasSign)
            return false;

        var clean = text;
        if (hasValue)
        {
            foreach (var value in _values)
                clean = clean.Replace(value, Placeholder, StringComparison.OrdinalIgnoreCase);
        }

        if (hasSign)
            clean = Credential().Replace(clean, match => match.Groups["keep"].Value + Placeholder);
        if (clean.Length == text.Length && clean == text)
            return false;
        redacted = clean;
        return true;
    }

    public string Redact(string text) => TryRedact(text, out var redacted) ? redacted : text;

    /// <summary>A secret, and what is secret in it: the password of a connection string, what follows a bot token's number, which is public.</summary>
    private static IEnumerable<string> PartsOf(string value) =>
    [
        value,
        value[(value.IndexOf(':', StringComparison.Ordinal) + 1)..],
        .. Credential().Matches(value).Select(found => found.Value[found.Groups["keep"].Length..].Trim('"', '\'')),
    ];

    /// <summary>As it is, and as programs write it: in a URL, in JSON, in a header.</summary>
    private static IEnumerable<string> FormsOf(string secret)
    {
        var bytes = Encoding.UTF8.GetBytes(secret);
        return
        [
            secret, Uri.EscapeDataString(secret), JavaScriptEncoder.Default.Encode(secret), JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(secret),
            Convert.ToBase64String(bytes).TrimEnd('='), Base64Url.EncodeToString(bytes), Convert.ToHexString(bytes),
        ];
    }

    /// <summary>Names of variables of other programs whose value is a secret: <c>OTEL_EXPORTER_OTLP_HEADERS</c>, …</summary>
    [GeneratedRegex("(token|secret|password|api_?key|headers)$", RegexOptions.IgnoreCase)]
    private static partial Regex SecretName();

    /// <summary>What stands before the credential stays, so that the text can still be read.</summary>
    [GeneratedRegex(
        """
        (?<keep>/bot)\d+(?::|%3A)[^\s/?\#"'<>]+
        | (?<keep>\bBearer\s+)[^\s"',;]+
        | (?<keep>\bBasic\s+)(?-i:(?=\w[a-z]*[A-Z\d+/=]))[\w+/-]{8,}=*
        | (?<keep>[?&]key=)[^\s"'&\#]+
        | (?<keep>(?:passw(?:or)?d|pwd|secret(?:[_-]?key)?|api[_-]?key|(?:access|refresh|id|auth|bot)[_-]?token)(?:\\?["'])?\s*[:=]\s*)
          (?:\\"[^"]*"?|"(?:[^"\\]|\\.|"")*"?|'(?:[^']|'')*'?|[^\s;]+)
        | (?<keep>://[^\s/?\#"'<>@:]*:)[^\s/?\#"'<>]+(?=@)
        | (?<keep>)\bsk-[\w-]{8,}
        | (?<keep>)\bAIza[\w-]{10,}
        | (?<keep>)\bAQ\.[\w-]{10,}
        | (?<keep>)(?<!\d)\d{6,}(?::|%3A)AA[\w-]{20,}
        """,
        RegexOptions.IgnoreCase | RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture)]
    private static partial Regex Credential();
}
