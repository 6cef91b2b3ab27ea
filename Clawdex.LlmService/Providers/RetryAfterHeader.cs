using System.Net.Http.Headers;

namespace Clawdex.LlmService.Providers;

/// <summary>The wait that an HTTP error asks for.</summary>
internal static class RetryAfterHeader
{
    /// <summary>From <c>Retry-After</c>, as seconds or as a date relative to the response's own clock.</summary>
    public static TimeSpan? Read(HttpResponseHeaders? headers)
    {
        if (headers?.RetryAfter is not { } value)
            return null;
        var wait = value.Delta ?? (value.Date is { } date && headers.Date is { } now ? date - now : null);
        return wait < TimeSpan.Zero ? TimeSpan.Zero : wait;
    }
}
