using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Nodes;
using Telegram.Bot;
using Telegram.Bot.Types;

namespace Clawdex.Gateway.Telegram;

/// <summary>
/// Reads of an update what the bot needs, when the library cannot read all of it. Each version of the Bot API brings new kinds
/// of origins, media and members; one that stands beside a question must not cost the question.
/// </summary>
internal static class UpdateEssence
{
    /// <summary>What a question can do without: what it replies to.</summary>
    private static readonly FrozenSet<string> Reply = ["reply_to_message", "quote", "position"];

    /// <summary>Wherever in an update they stand.</summary>
    private static readonly FrozenSet<string> Needed =
    [
        .. Reply, "update_id", "message", "callback_query", "my_chat_member",
        "message_id", "message_thread_id", "is_topic_message", "date", "chat", "from", "sender_chat", "text", "caption", "media_group_id", "migrate_to_chat_id", "migrate_from_chat_id",
        "id", "type", "title", "first_name", "username", "is_bot", "data", "chat_instance", "old_chat_member", "new_chat_member", "user", "status", "is_member",
    ];

    /// <summary>Whether an update can be understood by that alone: a message without words is known by its other members.</summary>
    public static bool Suffices(JsonElement update) =>
        update.ValueKind is JsonValueKind.Object
        && (!update.TryGetProperty("message", out var message)
            || message.ValueKind is JsonValueKind.Object && (message.TryGetProperty("text", out _) || message.TryGetProperty("caption", out _)));

    public static Update? Read(JsonElement update)
    {
        try
        {
            return Of(update, Needed)?.Deserialize<Update>(JsonBotAPI.Options);
        }
        catch (Exception)
        {
            return Of(update, Needed.Except(Reply).ToFrozenSet())?.Deserialize<Update>(JsonBotAPI.Options);
        }
    }

    private static JsonNode? Of(JsonElement json, FrozenSet<string> needed) => json.ValueKind is JsonValueKind.Object
        ? new JsonObject(json.EnumerateObject()
            .Where(member => needed.Contains(member.Name))
            .Select(member => KeyValuePair.Create(member.Name, Of(member.Value, needed))))
        : JsonValue.Create(json);
}
