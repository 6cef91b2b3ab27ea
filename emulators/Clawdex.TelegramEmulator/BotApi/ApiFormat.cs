using Clawdex.TelegramEmulator.Chats;
using Clawdex.TelegramEmulator.Control;
using Clawdex.TelegramEmulator.Text;

namespace Clawdex.TelegramEmulator.BotApi;

/// <summary>Turns what the emulator stores into the Bot API's objects. Hold the chat book's lock.</summary>
internal static class ApiFormat
{
    public static ApiUser User(ChatMember member) => new(member.Id, member.IsBot, member.Name)
    {
        Username = member.Username,
        LanguageCode = member.IsBot ? null : "en",
    };

    public static ApiChat Chat(ChatInfo chat) => chat.Kind switch
    {
        ChatKind.Private => new(chat.Id, "private") { FirstName = chat.Title, Username = chat.Members[0].Username },
        ChatKind.Group => new(chat.Id, "group") { Title = chat.Title },
        ChatKind.Supergroup => new(chat.Id, "supergroup") { Title = chat.Title },
        ChatKind.Forum => new(chat.Id, "supergroup") { Title = chat.Title, IsForum = true },
        _ => throw new InvalidOperationException($"Unknown kind of chat {chat.Kind}"),
    };

    public static ApiMessage Message(Chat chat, EmulatedMessage message) => Message(chat, message, withReply: true);

    /// <summary>A message that the bot can no longer see, as a callback query names it: date 0 says so.</summary>
    public static ApiMessage Inaccessible(ChatInfo chat, int messageId) => new(messageId, 0, Chat(chat));

    private static ApiMessage Message(Chat chat, EmulatedMessage message, bool withReply)
    {
        var isText = message.Media is null && message.Service is null;
        var entities = message.Entities.Count is 0 ? null : message.Entities.Select(entity => Entity(chat.Info, entity)).ToList();
        return new(message.MessageId, message.Date.ToUnixTimeSeconds(), Chat(chat.Info))
        {
            From = User(message.From),
            MessageThreadId = message.ThreadId,
            IsTopicMessage = message.ThreadId is null ? null : true,
            EditDate = message.EditDate?.ToUnixTimeSeconds(),
            ReplyToMessage = withReply ? Reply(chat, message) : null,
            Text = isText && message.RichHtml is null ? message.Text : null,
            Entities = isText ? entities : null,
            Caption = message.Media is not null && message.Text.Length > 0 ? message.Text : null,
            CaptionEntities = message.Media is not null ? entities : null,
            Photo = message.Media is "photo" ? [new($"photo-{message.MessageId}", $"u{message.MessageId}", 640, 480, 51_200)] : null,
            Sticker = message.Media is "sticker"
                ? new($"sticker-{message.MessageId}", $"u{message.MessageId}", "regular", 512, 512, false, false, "\U0001F44D")
                : null,
            Voice = message.Media is "voice" ? new($"voice-{message.MessageId}", $"u{message.MessageId}", 3) : null,
            Document = message.Media is "document" ? new($"document-{message.MessageId}", $"u{message.MessageId}", "notes.pdf") : null,
            ForumTopicCreated = message.Service is { Kind: ServiceEvent.TopicCreated, Name: var name } ? new(name ?? "", 7_322_096) : null,
            MigrateToChatId = message.Service is { Kind: ServiceEvent.MigratedTo } to ? to.ChatId : null,
            MigrateFromChatId = message.Service is { Kind: ServiceEvent.MigratedFrom } from ? from.ChatId : null,
            ReplyMarkup = message.Keyboard is null ? null : Keyboard(message.Keyboard),
        };
    }

    /// <summary>In a topic, a message that answers none still points to the message that created the topic, as on Telegram.</summary>
    private static ApiMessage? Reply(Chat chat, EmulatedMessage message) =>
        (message.ReplyToMessageId ?? message.ThreadId) is { } id && id != message.MessageId && chat.Find(id) is { } target
            ? Message(chat, target, withReply: false)
            : null;

    private static ApiEntity Entity(ChatInfo chat, TextEntity entity) => new(entity.Type, entity.Offset, entity.Length)
    {
        Url = entity.Url,
        Language = entity.Language,
        CustomEmojiId = entity.CustomEmojiId,
        User = chat.Members.FirstOrDefault(member => member.Id == entity.UserId) is { } user ? User(user) : null,
    };

    private static ApiInlineKeyboard Keyboard(IReadOnlyList<IReadOnlyList<InlineButton>> rows) =>
        new([.. rows.Select(row => (IReadOnlyList<ApiInlineButton>)[.. row.Select(button =>
            new ApiInlineButton(button.Text) { Url = button.Url, CallbackData = button.CallbackData })])]);
}
