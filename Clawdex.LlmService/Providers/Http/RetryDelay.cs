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
    private const double LongestDuration = 1e9;
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

    private static TimeSpan? InWords(string words) => Duration(RetryIn().Match(words).Groups["delay"].Value);

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

    /// <summary>A protobuf duration as JSON (<c>34.074824224s</c>), or as Go writes it (<c>1m26.4s</c>), or as people do (<c>20 seconds</c>).</summary>
    private static TimeSpan? Duration(string text)
    {
        double? seconds = null;
        foreach (Match part in Part().Matches(text))
        {
            var unit = part.Groups["unit"].Value.ToLowerInvariant() switch
            {
                "h" => 3600,
                "m" => 60,
                "s" => 1,
                _ => 0.001,
            };
            seconds = (seconds ?? 0) + (double.Parse(part.Groups["number"].Value, CultureInfo.InvariantCulture) * unit);
        }

        return seconds < LongestDuration ? TimeSpan.FromSeconds(seconds.Value) : null;
    }

    [GeneratedRegex(@"(?:retry|try again|wait)(?: in| after| for)? (?<delay>(?:\d+(?:\.\d+)? ?(?:ms|h|m|s|(?:milli)?seconds?|secs?|minutes?|mins?|hours?)(?![a-z]) ?)+)", RegexOptions.IgnoreCase)]
    private static partial Regex RetryIn();

    [GeneratedRegex(@"(?<number>\d+(?:\.\d+)?) ?(?<unit>ms|milliseconds?|[hms])", RegexOptions.IgnoreCase)]
    private static partial Regex Part();
}
