using System.Buffers;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Clawdex.TelegramEmulator.Updates;

namespace Clawdex.TelegramEmulator.BotApi;

/// <summary>The answer to one call: the envelope of the Bot API, ready to be written.</summary>
internal sealed record BotResult(int Status, ReadOnlyMemory<byte> Body)
{
    /// <summary>Null for a success.</summary>
    public ApiError? Failure { get; private init; }

    /// <summary>No answer: the connection is to be broken.</summary>
    public static BotResult Dropped { get; } = new(0, default);

    public static BotResult True { get; } = Ok(true, BotApiJson.Default.Boolean);

    public static BotResult Ok<T>(T result, JsonTypeInfo<T> type, string? description = null)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteBoolean("ok"u8, true);
            json.WritePropertyName("result"u8);
            JsonSerializer.Serialize(json, result, type);
            if (description is not null)
                json.WriteString("description"u8, description);
            json.WriteEndObject();
        }

        return new(200, buffer.WrittenMemory);
    }

    /// <summary>Updates are written as they were stored: an injected one may be no valid object of the Bot API.</summary>
    public static BotResult Updates(IReadOnlyList<PendingUpdate> updates)
    {
        var buffer = new ArrayBufferWriter<byte>(32 + updates.Sum(update => update.Json.Length + 1));
        buffer.Write("{\"ok\":true,\"result\":["u8);
        for (var i = 0; i < updates.Count; i++)
        {
            if (i > 0)
                buffer.Write(","u8);
            buffer.Write(updates[i].Json);
        }

        buffer.Write("]}"u8);
        return new(200, buffer.WrittenMemory);
    }

    /// <param name="description">With its prefix, such as <c>Bad Request: </c>.</param>
    public static BotResult Error(int code, string description, ApiParameters? parameters = null)
    {
        var error = new ApiError(false, code, description) { Parameters = parameters };
        return new(code, JsonSerializer.SerializeToUtf8Bytes(error, BotApiJson.Default.ApiError)) { Failure = error };
    }

    public static BotResult BadRequest(string reason) => Error(400, $"Bad Request: {reason}");

    public static BotResult TooManyRequests(int retryAfter) => Error(
        429,
        string.Create(CultureInfo.InvariantCulture, $"Too Many Requests: retry after {retryAfter}"),
        new() { RetryAfter = retryAfter });
}
