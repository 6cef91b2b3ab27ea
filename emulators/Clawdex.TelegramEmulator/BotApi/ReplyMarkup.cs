using System.Text;
using System.Text.Json;
using Clawdex.TelegramEmulator.Control;

namespace Clawdex.TelegramEmulator.BotApi;

/// <summary>A call's reply_markup: an inline keyboard, one of the other kinds, or (both unset) none.</summary>
/// <param name="IsOther">A reply keyboard, its removal or a forced reply. The emulator only remembers that there was one.</param>
internal sealed record ReplyMarkup(IReadOnlyList<IReadOnlyList<InlineButton>>? Keyboard, bool IsOther)
{
    private const int MaxCallbackBytes = 64;
    private const int MaxButtons = 100;

    private static readonly ReplyMarkup None = new(null, false);

    public static (ReplyMarkup? Markup, BotResult? Error) Parse(BotCall call)
    {
        if (call.Text("reply_markup") is not { Length: > 0 } text)
            return (None, null);
        try
        {
            using var json = JsonDocument.Parse(text);
            return json.RootElement.ValueKind is JsonValueKind.Object ? Parse(json.RootElement) : Fail("object expected as reply markup");
        }
        catch (JsonException)
        {
            return Fail("can't parse reply keyboard markup JSON object");
        }
    }

    private static (ReplyMarkup? Markup, BotResult? Error) Parse(JsonElement markup)
    {
        if (markup.TryGetProperty("keyboard", out var keyboard) && keyboard.ValueKind is JsonValueKind.Array && keyboard.GetArrayLength() > 0)
            return (new(null, true), null);
        if (markup.TryGetProperty("inline_keyboard", out var inline) && inline.ValueKind is JsonValueKind.Array)
            return ParseInline(inline);
        return (new(null, IsSet(markup, "remove_keyboard") || IsSet(markup, "force_reply")), null);
    }

    private static (ReplyMarkup? Markup, BotResult? Error) ParseInline(JsonElement inline)
    {
        List<IReadOnlyList<InlineButton>> rows = [];
        foreach (var row in inline.EnumerateArray())
        {
            if (row.ValueKind is not JsonValueKind.Array)
                return Fail("field \"inline_keyboard\" of the InlineKeyboardMarkup must be an Array of Arrays");
            List<InlineButton> buttons = [];
            foreach (var json in row.EnumerateArray())
            {
                var (button, error) = ParseButton(json);
                if (button is null)
                    return Fail(error ?? "");
                buttons.Add(button);
            }

            if (buttons.Count > 0)
                rows.Add(buttons);
        }

        if (rows.Sum(row => row.Count) > MaxButtons)
            return Fail("reply markup is too long");
        return (new(rows.Count is 0 ? null : rows, false), null);
    }

    private static (InlineButton? Button, string? Error) ParseButton(JsonElement json)
    {
        if (json.ValueKind is not JsonValueKind.Object)
            return (null, "can't parse inline keyboard button: InlineKeyboardButton must be an Object");
        if (Text(json, "text") is not { } text)
            return (null, "can't parse inline keyboard button: Can't find field \"text\"");
        if (text.Trim().Length is 0)
            return (null, "inline keyboard button text must be non-empty");
        if (Text(json, "url") is { Length: > 0 } url)
            return Uri.TryCreate(url, UriKind.Absolute, out _) ? (new(text) { Url = url }, null) : (null, "inline keyboard button URL is invalid");
        if (Text(json, "callback_data") is { Length: > 0 } data)
            return Encoding.UTF8.GetByteCount(data) <= MaxCallbackBytes ? (new(text) { CallbackData = data }, null) : (null, "BUTTON_DATA_INVALID");
        return (null, "can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard");
    }

    private static string? Text(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;

    private static bool IsSet(JsonElement json, string name) =>
        json.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.True;

    private static (ReplyMarkup? Markup, BotResult? Error) Fail(string reason) => (null, BotResult.BadRequest(reason));
}
