using System.Globalization;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Clawdex.LlmService.Providers.Http;

/// <summary>How long a provider asks to wait, which each of them says elsewhere.</summary>
internal static partial class RetryDelay
{
    // X-RateLimit-Reset has no documented unit: a date in milliseconds, a date in seconds, or seconds from now.
    private const double FirstMilliseconds = 1e11;
    private const double FirstDate = 1e9;
    private const double LongestWait = 1e7;
    private const string ResetHeader = "X-RateLimit-Reset";

    /// <summary>Null = it does not say.</summary>
    /// <param name="objects">Every object of the error.</param>
    /// <param name="words">The error's message.</param>
    /// <param name="headers">Of the response; null = there are none.</param>
    public static TimeSpan? Of(IReadOnlyList<JsonElement> objects, string words, HttpResponseHeaders? headers) =>
        InDetails(objects) ?? InWords(words) ?? InHeader(headers) ?? AtReset(objects, headers);

    private static TimeSpan? InDetails(IReadOnlyList<JsonElement> objects) => objects
        .SelectMany(part => part.Member("details"u8).Items())
        .Select(detail => Duration(detail.Text("retryDelay"u8) ?? ""))
        .FirstOrDefault(delay => delay is not null);

    private static TimeSpan? InWords(string words) => RetryIn().Match(words) is { Success: true } match ? Duration(match.Groups["delay"].Value) : null;

    /// <summary><c>Retry-After</c>, as seconds or as a date relative to the response's own clock.</summary>
    private static TimeSpan? InHeader(HttpResponseHeaders? headers)
    {
        if (headers?.RetryAfter is not { } value)
            return null;
        var wait = value.Delta ?? (value.Date is { } date && headers.Date is { } now ? date - now : null);
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }

    private static TimeSpan? AtReset(IReadOnlyList<JsonElement> objects, HttpResponseHeaders? headers)
    {
        var reset = headers is not null && headers.TryGetValues(ResetHeader, out var values)
            ? values.FirstOrDefault()
            : objects.Select(part => part.Member("headers"u8).Member(ResetHeader).Text()).FirstOrDefault(text => text is not null);
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

    /// <summary>A protobuf duration as JSON: <c>34.074824224s</c>; <c>900ms</c> occurs as well.</summary>
    private static TimeSpan? Duration(string text)
    {
        var (number, unit) = text switch
        {
            [.. var head, 'm', 's'] => (head, 0.001),
            [.. var head, 's'] => (head, 1.0),
            _ => ("", 0.0),
        };
        return double.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var value) && value is >= 0 and < 1e9
            ? TimeSpan.FromSeconds(value * unit)
            : null;
    }

    [GeneratedRegex(@"(retry|try again) in (?<delay>[\d.]+m?s)", RegexOptions.IgnoreCase)]
    private static partial Regex RetryIn();
}
