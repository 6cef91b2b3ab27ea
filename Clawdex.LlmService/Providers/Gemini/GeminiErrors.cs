using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using Clawdex.LlmService.Providers.Http;

namespace Clawdex.LlmService.Providers.Gemini;

/// <summary>
/// What Gemini's errors mean. The status code alone does not tell: a bad key is a 400, a spent daily quota and a crowded minute
/// are both 429.
/// </summary>
internal static partial class GeminiErrors
{
    /// <summary>A wait beyond this is a spent quota, not a crowded moment (gemini-cli draws the same line).</summary>
    private static readonly TimeSpan LongestWait = TimeSpan.FromMinutes(5);

    /// <inheritdoc cref="IChatProvider.ReadError"/>
    /// <param name="key">The key that was sent; null = none.</param>
    public static ProviderFailure Read(string? key, int status, HttpResponseHeaders? headers, string body)
    {
        using var document = TolerantJson.TryParse(body);
        var error = document is null ? default : document.RootElement.OneOrFirst().Member("error"u8);
        var code = status == 0 ? error.Int("code"u8) ?? 0 : status;
        var message = error.Text("message"u8) ?? "";
        var says = SafeText.Clean(message, key);
        var details = error.Member("details"u8);
        var wait = RetryDelay(details, message) ?? ProviderHttp.RetryAfter(headers);

        return (code, error.Text("status"u8)) switch
        {
            _ when Reason(details) is "API_KEY_INVALID" or "API_KEY_SERVICE_BLOCKED" || code is 401 => new(FailureKind.KeyRejected),
            _ when message.Contains("input token count", StringComparison.OrdinalIgnoreCase) => new(FailureKind.ContextTooLong),
            (400, "FAILED_PRECONDITION") => new(FailureKind.AccountRefused, says),
            (402, _) => new(FailureKind.NoCredit),
            (403, _) => new(FailureKind.KeyForbidden, says),
            (404, _) => new(FailureKind.UnknownModel, says),
            (429, _) when NoQuotaAtAll().IsMatch(message) => new(FailureKind.NoQuota),
            (429, _) when PerDay(details) || wait > LongestWait => new(FailureKind.QuotaSpent, RetryAfter: wait),
            (429, _) => new(FailureKind.RateLimited, RetryAfter: wait),
            (408 or 504, _) => new(FailureKind.TimedOut),
            (500 or 502 or 503 or 529, _) => new(FailureKind.Overloaded, RetryAfter: wait),
            ( >= 400 and < 500, _) => new(FailureKind.InvalidRequest, says),
            _ => new(FailureKind.Overloaded),
        };
    }

    private static bool PerDay(JsonElement details) => details.Items()
        .SelectMany(detail => detail.Member("violations"u8).Items())
        .Any(violation => violation.Text("quotaId"u8)?.Contains("PerDay", StringComparison.OrdinalIgnoreCase) is true);

    private static string? Reason(JsonElement details) =>
        details.Items().Select(detail => detail.Text("reason"u8)).FirstOrDefault(reason => reason is not null);

    private static TimeSpan? RetryDelay(JsonElement details, string message)
    {
        var text = details.Items().Select(detail => detail.Text("retryDelay"u8)).FirstOrDefault(delay => delay is not null)
            ?? (RetryIn().Match(message) is { Success: true } match ? match.Groups["delay"].Value : null);
        return text is null ? null : ParseDuration(text);
    }

    /// <summary>A protobuf duration as JSON: <c>34.074824224s</c>; <c>900ms</c> occurs as well.</summary>
    private static TimeSpan? ParseDuration(string text)
    {
        var (number, unit) = text switch
        {
            [.. var head, 'm', 's'] => (head, 0.001),
            [.. var head, 's'] => (head, 1.0),
            _ => ("", 0.0),
        };
        return double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value < 1e9
            ? TimeSpan.FromSeconds(value * unit)
            : null;
    }

    [GeneratedRegex(@"retry in (?<delay>[\d.]+m?s)", RegexOptions.IgnoreCase)]
    private static partial Regex RetryIn();

    [GeneratedRegex(@"limit:\s*0\b", RegexOptions.IgnoreCase)]
    private static partial Regex NoQuotaAtAll();
}
