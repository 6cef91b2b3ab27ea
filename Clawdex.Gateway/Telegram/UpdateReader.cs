using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Nodes;
using Telegram.Bot;
using Telegram.Bot.Types;
using Telegram.Bot.Types.Enums;

namespace Clawdex.Gateway.Telegram;

/// <summary>
/// Reads an update and decides what it means to the bot. Pure; the only place that reads Telegram's types. Null = nothing: service
/// messages, channel posts and what is written to a channel, edits of other things than text, kinds of update that this version does
/// not know.
/// </summary>
internal static class UpdateReader
{
    /// <summary>What the bot asks Telegram for. Everything else would only be fetched to be dropped.</summary>
    public static readonly UpdateType[] Kinds = [UpdateType.Message, UpdateType.EditedMessage, UpdateType.CallbackQuery, UpdateType.MyChatMember];

    private const int GeneralTopic = 1;

    /// <summary>Enough to work with when the conversation no longer holds it, and half of what it could cost.</summary>
    private const int LongestOwnQuote = 2000;

    private const string Origin = "forward_origin";

    /// <summary>Stands for an origin that cannot be read: what was forwarded stays so.</summary>
    private const string UnknownOrigin = """{ "type": "hidden_user", "date": 0, "sender_user_name": "" }""";

    private static readonly string[] Messages = ["message", "edited_message"];

    /// <summary>What a question can do without: what it replies to, and what is beside its text.</summary>
    private static readonly FrozenSet<string> Beside =
        ["reply_to_message", "quote", "position", "entities", "caption_entities", "offset", "length", "url", "language"];

    /// <summary>Wherever in an update they stand.</summary>
    private static readonly FrozenSet<string> Needed =
    [
        .. Beside, .. Messages, Origin, "update_id", "callback_query", "my_chat_member",
        "message_id", "message_thread_id", "is_topic_message", "date", "chat", "is_direct_messages", "from", "sender_chat", "text", "caption", "media_group_id", "migrate_to_chat_id", "migrate_from_chat_id",
        "id", "type", "title", "first_name", "username", "is_bot", "data", "chat_instance", "old_chat_member", "new_chat_member", "user", "status", "is_member",
    ];

    /// <summary>
    /// All of an update; or what the bot needs of it, when the library cannot read all. Each version of the Bot API brings new kinds
    /// of origins, media and members; one that stands beside a question must not cost the question.
    /// </summary>
    public static Update? Parse(JsonElement update)
    {
        try
        {
            return update.Deserialize<Update>(JsonBotAPI.Options);
        }
        catch (Exception) when (Suffices(update))
        {
            return ParseEssence(update);
        }
    }

    public static InboundEvent? Read(Update update, BotIdentity bot) => update switch
    {
        { Message: { } message } => Read(update.Id, message, bot),
        { EditedMessage: { } edited } => Read(update.Id, edited, bot) is InboundMessage message ? new InboundEdit(message) { UserId = message.UserId } : null,
        { CallbackQuery: { } press } => Read(update.Id, press),
        { MyChatMember: { NewChatMember.IsInChat: false } member } => new BotRemoved(update.Id, new Conversation(member.Chat.Id)) { UserId = member.From.Id },
        { MyChatMember: { OldChatMember.IsInChat: false, Chat.Id: < 0 } member } => new BotAdded(update.Id, new Conversation(member.Chat.Id)) { UserId = member.From.Id },
        _ => null,
    };

    private static InboundEvent? Read(int updateId, Message message, BotIdentity bot)
    {
        // All who write to a channel do so in one chat: the conversation would not be any one's own.
        if (message.Chat.IsDirectMessages)
            return null;
        var place = PlaceOf(message);
        var user = message.SenderChat is null ? message.From?.Id : null;
        if (message.MigrateToChatId is { } newId)
            return new ChatMigration(updateId, place, new Conversation(newId)) { UserId = user };
        if (message.MigrateFromChatId is { } oldId)
            return new ChatMigration(updateId, new Conversation(oldId), place) { UserId = user };
        // Who writes as a channel, or as the group itself, does so under the name of a bot of Telegram's.
        if (message.From is { IsBot: true } && message.SenderChat is null)
            return null;

        var text = message.Text;
        var addressed = !place.IsGroup
            || RepliedTo(message)?.From?.Id == bot.Id
            || Mentions(text ?? message.Caption, bot);

        if (text is not null)
        {
            return new InboundMessage(updateId, place, message.Id, SentAt(message), WithoutMention(text, bot))
            {
                UserId = user,
                Marked = WithoutMention(MarkedText.Of(text, message.Entities), bot),
                IsAddressed = addressed,
                IsForwarded = message.ForwardOrigin is not null,
                SenderName = message.From is { } from ? $"{from.FirstName} {from.LastName}" : "",
                About = About(message, bot),
                AnswerId = AnswerId(message, bot),
            };
        }

        return addressed && !message.IsServiceMessage
            ? new InboundMedia(updateId, place, message.Id, message.MediaGroupId) { UserId = user }
            : null;
    }

    private static ButtonPress Read(int updateId, CallbackQuery press)
    {
        // Inline messages have no chat that the bot could write to.
        var place = press.Message is { } message ? PlaceOf(message) : new Conversation(press.From.Id);
        // Telegram marks a message that it no longer knows by the date 0.
        int? messageId = press.Message is { Date.Year: > 1970, Id: var known } ? known : null;
        return new ButtonPress(updateId, place, press.Id, messageId, press.Data ?? "") { UserId = press.From.Id };
    }

    // Replies in a supergroup without topics have a thread id, too: only a topic's makes a conversation of its own.
    private static Conversation PlaceOf(Message message) =>
        new(message.Chat.Id, message.IsTopicMessage && message.MessageThreadId is { } thread and not GeneralTopic ? thread : null);

    // The bot's own words may be in the conversation; which of them are meant is not.
    private static string? About(Message message, BotIdentity bot) => message switch
    {
        { Quote: { Text: { } part } quote } => MarkedText.Of(part, quote.Entities),
        _ when RepliedTo(message) is { } reply => reply.From?.Id == bot.Id ? Shortened(WordsOf(reply)) : WordsOf(reply),
        _ => null,
    };

    private static int? AnswerId(Message message, BotIdentity bot) =>
        message.Quote is null && RepliedTo(message) is { } reply && reply.From?.Id == bot.Id ? reply.Id : null;

    private static string? WordsOf(Message message) => message switch
    {
        { Text: { } text } => MarkedText.Of(text, message.Entities),
        { Caption: { } caption } => MarkedText.Of(caption, message.CaptionEntities),
        { Poll: { } poll } => string.Join("\n- ", poll.Options.Select(option => option.Text).Prepend(poll.Question)),
        _ => null,
    };

    private static string? Shortened(string? text) => text is { Length: > LongestOwnQuote }
        ? text[..(char.IsHighSurrogate(text[LongestOwnQuote - 1]) ? LongestOwnQuote - 1 : LongestOwnQuote)] + "…"
        : text;

    // In a topic, Telegram makes each message that replies to nothing a reply to the topic's first service message.
    private static Message? RepliedTo(Message message) =>
        message.IsTopicMessage && message.ReplyToMessage?.Id == message.MessageThreadId ? null : message.ReplyToMessage;

    private static DateTimeOffset SentAt(Message message) => new(DateTime.SpecifyKind(message.Date, DateTimeKind.Utc));

    private static bool Mentions(string? text, BotIdentity bot)
    {
        var mention = "@" + bot.Username;
        for (var at = 0; text is not null && (at = text.IndexOf(mention, at, StringComparison.OrdinalIgnoreCase)) >= 0; at += mention.Length)
        {
            if (at + mention.Length == text.Length || !IsNamePart(text[at + mention.Length]))
                return true;
        }

        return false;
    }

    /// <summary>"@clawdex_bot, what is 2+2?" asks "what is 2+2?".</summary>
    private static string WithoutMention(string text, BotIdentity bot)
    {
        var mention = "@" + bot.Username;
        if (!text.StartsWith(mention, StringComparison.OrdinalIgnoreCase) || text.Length > mention.Length && IsNamePart(text[mention.Length]))
            return text;
        var start = mention.Length;
        while (start < text.Length && (char.IsWhiteSpace(text[start]) || text[start] is ',' or ':'))
            start++;
        return start < text.Length ? text[start..] : text;
    }

    private static bool IsNamePart(char c) => char.IsAsciiLetterOrDigit(c) || c == '_';

    /// <summary>Whether an update can be understood by what is needed alone: a message without words is known by its other members.</summary>
    private static bool Suffices(JsonElement update) =>
        update.ValueKind is JsonValueKind.Object
        && Messages.All(kind => !update.TryGetProperty(kind, out var message)
            || message.ValueKind is JsonValueKind.Object && (message.TryGetProperty("text", out _) || message.TryGetProperty("caption", out _)));

    private static Update? ParseEssence(JsonElement update)
    {
        try
        {
            return EssenceOf(update, Needed)?.Deserialize<Update>(JsonBotAPI.Options);
        }
        catch (Exception)
        {
            return EssenceOf(update, Needed.Except(Beside).ToFrozenSet())?.Deserialize<Update>(JsonBotAPI.Options);
        }
    }

    private static JsonNode? EssenceOf(JsonElement json, FrozenSet<string> needed) => json.ValueKind switch
    {
        JsonValueKind.Object => new JsonObject(json.EnumerateObject()
            .Where(member => needed.Contains(member.Name))
            .Select(member => KeyValuePair.Create(member.Name, member.Name == Origin ? JsonNode.Parse(UnknownOrigin) : EssenceOf(member.Value, needed)))),
        JsonValueKind.Array => new JsonArray([.. json.EnumerateArray().Select(item => EssenceOf(item, needed))]),
        _ => JsonValue.Create(json),
    };
}
