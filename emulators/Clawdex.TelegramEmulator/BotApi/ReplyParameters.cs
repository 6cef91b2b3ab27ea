using System.Text.Json;

namespace Clawdex.TelegramEmulator.BotApi;

/// <summary>Which message a new one answers, and whether it may be sent without when that one is gone.</summary>
internal sealed record ReplyParameters(int MessageId, bool AllowSendingWithout)
{
    /// <returns>Both null when the call replies to nothing.</returns>
    public static (ReplyParameters? Reply, BotResult? Error) Parse(BotCall call)
    {
        // The older parameters still work.
        if (call.Text("reply_parameters") is not { Length: > 0 } text)
        {
            var messageId = call.Int32("reply_to_message_id", 0, 0, int.MaxValue);
            return (messageId is 0 ? null : new(messageId, call.Flag("allow_sending_without_reply")), null);
        }

        try
        {
            using var json = JsonDocument.Parse(text);
            if (json.RootElement.ValueKind is not JsonValueKind.Object)
                return (null, BotResult.BadRequest("object expected as reply parameters"));
            var messageId = json.RootElement.TryGetProperty("message_id", out var id) && id.TryGetInt32(out var number) ? number : 0;
            var allow = json.RootElement.TryGetProperty("allow_sending_without_reply", out var flag) && BotCall.IsTrue(flag.ToString());
            return (messageId <= 0 ? null : new(messageId, allow), null);
        }
        catch (JsonException)
        {
            return (null, BotResult.BadRequest("can't parse reply parameters JSON object"));
        }
    }
}
