using System.Text;
using System.Text.Json;
using Clawdex.TelegramEmulator.Text;

namespace Clawdex.TelegramEmulator.BotApi;

/// <summary>Reads and checks the text of sendMessage and editMessageText, in the order of the real server.</summary>
internal static class TextParameter
{
    /// <summary>Before parsing.</summary>
    public const int MaxBytes = 1 << 15;

    /// <summary>After parsing, in Unicode code points.</summary>
    public const int MaxCodePoints = 4096;

    /// <summary>More are silently not applied.</summary>
    public const int MaxEntities = 100;

    /// <summary>A rough model of the limit on all entities together: long addresses use it up.</summary>
    private const int MaxEntityBytes = 9_500;

    /// <summary>Checks that come before the chat is looked up: presence, size, parse mode, markup.</summary>
    public static (FormattedText? Text, BotResult? Error) Parse(BotCall call)
    {
        var text = call.Text("text");
        if (text.Length is 0)
            return (null, BotResult.BadRequest("message text is empty"));
        if (!IsWellFormed(text))
            return (null, BotResult.BadRequest("strings must be encoded in UTF-8"));
        if (Encoding.UTF8.GetByteCount(text) > MaxBytes)
            return (null, BotResult.BadRequest("text is too long"));

        return call.Text("parse_mode").ToLowerInvariant() switch
        {
            "" or "none" => Entities(call, text),
            "html" => HtmlParser.Parse(text) switch
            {
                (_, { } error) => (null, BotResult.BadRequest($"can't parse entities: {error}")),
                (var parsed, _) => (parsed, null),
            },
            "markdown" or "markdownv2" => (null, BotResult.BadRequest("can't parse entities: the emulator knows parse_mode HTML only")),
            _ => (null, BotResult.BadRequest("unsupported parse_mode")),
        };
    }

    /// <summary>Checks that come after the chat is looked up, on what is left of the text.</summary>
    public static (FormattedText? Text, BotResult? Error) Finish(FormattedText parsed, string tooLong)
    {
        var text = TextCleaner.Clean(parsed);
        if (text.Text.Length is 0)
            return (null, BotResult.BadRequest("text must be non-empty"));
        if (text.Text.EnumerateRunes().Count() > MaxCodePoints)
            return (null, BotResult.BadRequest(tooLong));
        if (text.Entities.Sum(entity => 12 + Bytes(entity.Url) + Bytes(entity.Language)) > MaxEntityBytes)
            return (null, BotResult.BadRequest("ENTITIES_TOO_LONG"));
        text = EntityDetector.Detect(text);
        return (text.Entities.Count > MaxEntities ? text with { Entities = [.. text.Entities.Take(MaxEntities)] } : text, null);
    }

    private static (FormattedText? Text, BotResult? Error) Entities(BotCall call, string text)
    {
        if (call.Text("entities") is not { Length: > 0 } json)
            return (new(text, []), null);
        try
        {
            var entities = JsonSerializer.Deserialize(json, BotApiJson.Default.IReadOnlyListApiEntity) ?? [];
            foreach (var entity in entities)
            {
                if (entity.Offset < 0 || entity.Length < 0 || entity.Offset + entity.Length > text.Length)
                    return (null, BotResult.BadRequest($"entity beginning at UTF-16 offset {entity.Offset} ends after the end of the text at UTF-16 offset {entity.Offset + entity.Length}"));
            }

            return (new(text, [.. entities.Select(entity => new TextEntity(entity.Type, entity.Offset, entity.Length)
            {
                Url = entity.Url,
                Language = entity.Language,
                CustomEmojiId = entity.CustomEmojiId,
                UserId = entity.User?.Id,
            })]), null);
        }
        catch (JsonException)
        {
            // The real server ignores entities that are no JSON array.
            return (new(text, []), null);
        }
    }

    private static int Bytes(string? text) => text is null ? 0 : Encoding.UTF8.GetByteCount(text);

    private static bool IsWellFormed(string text)
    {
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1]))
                i++;
            else if (char.IsSurrogate(text[i]))
                return false;
        }

        return true;
    }
}
