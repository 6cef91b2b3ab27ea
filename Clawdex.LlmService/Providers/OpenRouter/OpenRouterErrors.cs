using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;
using Clawdex.LlmService.Providers.Http;

namespace Clawdex.LlmService.Providers.OpenRouter;

/// <summary>What OpenRouter's errors mean, and those of the providers behind it, whose words come nested as a string of JSON.</summary>
internal static partial class OpenRouterErrors
{
    // X-RateLimit-Reset has no documented unit: a date in milliseconds, a date in seconds, or seconds from now.
    private const double FirstMilliseconds = 1e11;
    private const double FirstDate = 1e9;
    private const double LongestWait = 1e7;

    /// <inheritdoc cref="IChatProvider.ReadError"/>
    /// <param name="key">The key that was sent; null = none.</param>
    public static ProviderFailure Read(string? key, int status, HttpResponseHeaders? headers, string body)
    {
        using var document = TolerantJson.TryParse(body);
        var error = document is null ? default : document.RootElement.OneOrFirst().Member("error"u8);
        var metadata = error.Member("metadata"u8);
        var message = MessageOf(error, metadata);
        var says = SafeText.Clean(message, key);
        var code = status == 0 ? error.Int("code"u8) ?? 0 : status;

        if (metadata.Text("error_type"u8) is "context_length_exceeded" || TooLong().IsMatch(message))
            return new(FailureKind.ContextTooLong);
        return code switch
        {
            401 => new(FailureKind.KeyRejected),
            402 when ProviderHttp.RetryAfter(headers) is { } wait => new(FailureKind.RateLimited, RetryAfter: wait),
            402 => new(FailureKind.NoCredit),
            403 when metadata.Member("reasons"u8).ValueKind is JsonValueKind.Array => new(FailureKind.Refused, says),
            403 => new(FailureKind.KeyForbidden, says),
            404 => new(FailureKind.UnknownModel, says),
            408 or 504 or 524 => new(FailureKind.TimedOut),
            413 => new(FailureKind.ContextTooLong),
            429 when message.Contains("per-day", StringComparison.OrdinalIgnoreCase) => new(FailureKind.QuotaSpent, RetryAfter: WaitOf(headers, metadata)),
            429 => new(FailureKind.RateLimited, RetryAfter: WaitOf(headers, metadata)),
            >= 400 and < 500 => new(FailureKind.InvalidRequest, says),
            _ => new(FailureKind.Overloaded, RetryAfter: ProviderHttp.RetryAfter(headers)),
        };
    }

    private static string MessageOf(JsonElement error, JsonElement metadata)
    {
        // {"message":"Provider returned error","metadata":{"raw":"{\"error\":{\"message\":\"…\"}}"}}
        var raw = metadata.Text("raw"u8) ?? "";
        using var nested = TolerantJson.TryParse(raw);
        var inner = nested is null ? default : nested.RootElement.Member("error"u8);
        return inner.Text("message"u8)
            ?? (nested is null ? null : nested.RootElement.Text("message"u8))
            ?? error.Text("message"u8)
            ?? error.Text()
            ?? "";
    }

    private static TimeSpan? WaitOf(HttpResponseHeaders? headers, JsonElement metadata)
    {
        if (ProviderHttp.RetryAfter(headers) is { } wait)
            return wait;
        var reset = headers is not null && headers.TryGetValues("X-RateLimit-Reset", out var values)
            ? values.FirstOrDefault()
            : metadata.Member("headers"u8).Text("X-RateLimit-Reset"u8);
        if (!double.TryParse(reset, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var number) || headers?.Date is not { } now)
            return null;

        var seconds = number switch
        {
            >= FirstMilliseconds => number / 1000 - now.ToUnixTimeSeconds(),
            >= FirstDate => number - now.ToUnixTimeSeconds(),
            _ => number,
        };
        return seconds is > 0 and < LongestWait ? TimeSpan.FromSeconds(seconds) : null;
    }

    [GeneratedRegex("maximum context length|context_length_exceeded|context window|too many tokens|prompt is too long", RegexOptions.IgnoreCase)]
    private static partial Regex TooLong();
}
