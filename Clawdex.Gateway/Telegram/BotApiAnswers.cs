using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Clawdex.Gateway.Telegram;

/// <summary>
/// Gives every failed answer the shape that the Bot API documents, so that the client library can tell it apart: an
/// <c>ok:false</c> that came with HTTP 200, a proxy's HTML page, an empty body, a bare 429 with only a <c>Retry-After</c>.
/// </summary>
internal sealed class BotApiAnswers : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var response = await base.SendAsync(request, cancellationToken);
        var body = await response.Content.ReadAsByteArrayAsync(cancellationToken);
        var answer = Read(body);
        if (response.IsSuccessStatusCode && answer is { Ok: true })
            return Replace(response, response.StatusCode, body);

        // Anything else is a failure, also a page that came with HTTP 200.
        var failure = answer is { Ok: false, ErrorCode: > 0 } ? answer : null;

        var code = failure?.ErrorCode is >= 400 and <= 599 and var named ? named : (int)response.StatusCode;
        var description = string.Create(CultureInfo.InvariantCulture, $"HTTP {code}");
        // A page of somebody else's, a proxy's say, tells nothing of the bot, its chats or its messages: only that it is too much.
        if (code < 400 || failure is null && code is < 500 and not (int)HttpStatusCode.TooManyRequests)
            code = (int)HttpStatusCode.BadGateway;
        var parameters = failure?.Parameters ?? new AnswerParameters();
        var whole = new FailedAnswer
        {
            ErrorCode = code,
            Description = string.IsNullOrEmpty(failure?.Description) ? description : failure.Description,
            Parameters = parameters with { RetryAfter = parameters.RetryAfter ?? RetryAfter(response.Headers) },
        };
        return Replace(response, (HttpStatusCode)code, JsonSerializer.SerializeToUtf8Bytes(whole, BotApiJson.Default.FailedAnswer));
    }

    private static HttpResponseMessage Replace(HttpResponseMessage response, HttpStatusCode status, byte[] body)
    {
        response.StatusCode = status;
        response.Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") } };
        return response;
    }

    /// <summary>What a body says, but for the result of a good one; null = it is no answer of the Bot API.</summary>
    private static FailedAnswer? Read(byte[] body)
    {
        // Good answers are all but everything: tell them by their first bytes and leave the parsing to the library.
        if (body.AsSpan().StartsWith("{\"ok\":true"u8))
            return new FailedAnswer { Ok = true };
        try
        {
            return JsonSerializer.Deserialize(body, BotApiJson.Default.FailedAnswer);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Seconds, which may be said as a date: relative to the response's own clock.</summary>
    private static int? RetryAfter(HttpResponseHeaders headers) =>
        (headers.RetryAfter?.Delta ?? headers.RetryAfter?.Date - headers.Date) is { } wait
            ? (int)Math.Clamp(Math.Ceiling(wait.TotalSeconds), 0, int.MaxValue)
            : null;
}

internal sealed record FailedAnswer
{
    public bool Ok { get; init; }

    public int ErrorCode { get; init; }

    public string Description { get; init; } = "";

    public AnswerParameters? Parameters { get; init; }
}

internal sealed record AnswerParameters
{
    public int? RetryAfter { get; init; }

    public long? MigrateToChatId { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(FailedAnswer))]
internal sealed partial class BotApiJson : JsonSerializerContext;
