using System.Text.Json;
using System.Text.Json.Nodes;
using Clawdex.TelegramEmulator.BotApi;
using Clawdex.TelegramEmulator.Chats;
using Clawdex.TelegramEmulator.Text;
using Clawdex.TelegramEmulator.Updates;
using Microsoft.Extensions.Options;

namespace Clawdex.TelegramEmulator.Control;

/// <summary>
/// What users do in chats, and the updates that the bot gets of it. Refusals are <see cref="ControlRefusal"/>s: a wrong request
/// to the emulator is a mistake of a test, which must see why.
/// </summary>
internal sealed class UserSide(ChatBook book, UpdateQueue updates, CallbackQueries callbacks, IOptions<TelegramEmulatorOptions> options)
{
    public EmulatedMessage Send(long chatId, UserMessage message)
    {
        lock (book.Gate)
        {
            var chat = Find(chatId);
            var from = Member(chat, message.From);
            if (message.ThreadId is { } thread && chat.Info.Topics.All(topic => topic.Id != thread))
                throw new ControlRefusal($"chat {chatId} has no topic {thread}");
            if (message.ReplyTo is { } target && chat.Find(target) is null)
                throw new ControlRefusal($"chat {chatId} has no message {target}");
            if (message.Text.Length is 0 && message.Media is null)
                throw new ControlRefusal("a message needs text or media");
            if (message.Media is not (null or "photo" or "sticker" or "voice" or "document"))
                throw new ControlRefusal($"media '{message.Media}' is none of photo, sticker, voice, document");

            if (chat.Info.Access is BotAccess.NotStarted or BotAccess.Blocked && chat.Info.Kind is ChatKind.Private)
                SetAccess(chat, BotAccess.Allowed);
            var text = EntityDetector.Detect(new(message.Text, message.Entities ?? []));
            var sent = book.Put(chat, new()
            {
                MessageId = book.NextMessageId(chat),
                ChatId = chatId,
                From = from,
                Date = book.Now,
                Text = text.Text,
                Entities = message.Entities ?? text.Entities,
                ReplyToMessageId = message.ReplyTo,
                ThreadId = message.ThreadId,
                Media = message.Media,
            });
            book.Timeline.Add(new() { ChatId = chatId, Kind = TimelineKind.UserMessage, MessageId = sent.MessageId, Message = sent, ThreadId = sent.ThreadId });
            if (IsSeen(chat, sent))
                Deliver("message", chat, sent);
            return sent;
        }
    }

    public EmulatedMessage Edit(long chatId, int messageId, UserEdit edit)
    {
        lock (book.Gate)
        {
            var chat = Find(chatId);
            var before = chat.Find(messageId);
            if (before is null || before.From.IsBot)
                throw new ControlRefusal($"chat {chatId} has no user's message {messageId}");
            var text = EntityDetector.Detect(new(edit.Text, []));
            var after = edit.IsHidden
                ? before with { EditDate = book.Now }
                : before with { Text = text.Text, Entities = text.Entities, EditDate = book.Now, Edits = before.Edits + 1 };
            book.Put(chat, after);
            book.Timeline.Add(new() { ChatId = chatId, Kind = TimelineKind.UserEdit, MessageId = messageId, Message = after, ThreadId = after.ThreadId });
            if (IsSeen(chat, after))
                Deliver("edited_message", chat, after);
            return after;
        }
    }

    /// <summary>A user deletes any message, the bot's included. Bots are never told.</summary>
    public void Delete(long chatId, int messageId)
    {
        lock (book.Gate)
        {
            var chat = Find(chatId);
            var message = chat.Find(messageId) ?? throw new ControlRefusal($"chat {chatId} has no message {messageId}");
            var deleted = book.Put(chat, message with { IsDeleted = true });
            book.Timeline.Add(new() { ChatId = chatId, Kind = TimelineKind.UserDelete, MessageId = messageId, Message = deleted, ThreadId = message.ThreadId });
        }
    }

    public PressedButton Press(long chatId, ButtonPress press)
    {
        lock (book.Gate)
        {
            var chat = Find(chatId);
            var from = Member(chat, press.From);
            var message = chat.Find(press.MessageId);
            if (!press.IsInaccessible && message?.Keyboard?.SelectMany(row => row).Any(button => button.CallbackData == press.Data) is not true)
                throw new ControlRefusal($"message {press.MessageId} of chat {chatId} has no button with this data");
            var id = callbacks.Add(chatId, press.MessageId);
            book.Timeline.Add(new()
            {
                ChatId = chatId,
                Kind = TimelineKind.ButtonPress,
                MessageId = press.MessageId,
                Detail = press.Data,
                CallbackId = id,
                ThreadId = message?.ThreadId,
            });
            var query = new ApiCallbackQuery(id, ApiFormat.User(from), $"instance-{chatId}")
            {
                Message = message is null || press.IsInaccessible ? ApiFormat.Inaccessible(chat.Info, press.MessageId) : ApiFormat.Message(chat, message),
                Data = press.Data,
            };
            updates.Add("callback_query", chatId, Json(query, BotApiJson.Default.ApiCallbackQuery));
            return new(id);
        }
    }

    public ChatInfo SetAccess(long chatId, BotAccess access)
    {
        lock (book.Gate)
        {
            var chat = Find(chatId);
            SetAccess(chat, access);
            return chat.Info;
        }
    }

    /// <summary>The bot learns of it by my_chat_member, unless it cannot: a deleted account or chat tells nothing.</summary>
    /// <param name="by">Who does it; null = the first member.</param>
    internal void SetAccess(Chat chat, BotAccess access, ChatMember? by = null)
    {
        var before = chat.Info.Access;
        if (before == access)
            return;
        book.Put(chat.Info with { Access = access });
        if (access is BotAccess.Deactivated or BotAccess.Deleted or BotAccess.NotStarted || before is BotAccess.NotStarted)
            return;
        var change = new ApiChatMemberUpdated(
            ApiFormat.Chat(chat.Info),
            ApiFormat.User(by ?? chat.Info.Members[0]),
            book.Now.ToUnixTimeSeconds(),
            Membership(before),
            Membership(access));
        updates.Add("my_chat_member", chat.Id, Json(change, BotApiJson.Default.ApiChatMemberUpdated));
    }

    /// <summary>The bot leaves a group; it hears of that as of any other change.</summary>
    public BotResult Leave(BotCall call)
    {
        lock (book.Gate)
        {
            if (!ChatAccess.TryFind(book, call, write: true, out var chat, out var error))
                return error;
            if (chat.Info.Kind is ChatKind.Private)
                return BotResult.BadRequest("chat member status can't be changed in private chats");
            SetAccess(chat, BotAccess.NotMember, book.Bot);
            return BotResult.True;
        }
    }

    internal void Deliver(string kind, Chat chat, EmulatedMessage message) =>
        updates.Add(kind, chat.Id, Json(ApiFormat.Message(chat, message), BotApiJson.Default.ApiMessage));

    internal Chat Find(long chatId) => book.Find(chatId) ?? throw new ControlRefusal($"there is no chat {chatId}") { IsMissing = true };

    private ApiChatMember Membership(BotAccess access) => access switch
    {
        BotAccess.Allowed or BotAccess.Restricted => new("member", ApiFormat.User(book.Bot)),
        BotAccess.NotMember => new("left", ApiFormat.User(book.Bot)),
        _ => new("kicked", ApiFormat.User(book.Bot)) { UntilDate = 0 },
    };

    /// <summary>Who writes. In a group an unknown name joins it.</summary>
    private ChatMember Member(Chat chat, string? name)
    {
        if (name is null)
            return chat.Info.Members[0];
        if (chat.Info.Members.FirstOrDefault(member => member.Name == name) is { } known)
            return known;
        if (chat.Info.Kind is ChatKind.Private)
            throw new ControlRefusal($"private chat {chat.Id} has no user '{name}'");
        var joined = book.User(name);
        book.Put(chat.Info with { Members = [.. chat.Info.Members, joined] });
        return joined;
    }

    /// <summary>With privacy mode a bot sees only what is meant for it.</summary>
    private bool IsSeen(Chat chat, EmulatedMessage message)
    {
        if (chat.Info.Kind is ChatKind.Private)
            return true;
        if (chat.Info.Access is not (BotAccess.Allowed or BotAccess.Restricted))
            return false;
        return !options.Value.PrivacyMode
            || message.Text.Contains($"@{options.Value.BotUsername}", StringComparison.OrdinalIgnoreCase)
            || message.Entities.Any(entity => entity.Type is EntityType.BotCommand && !message.Text.AsSpan(entity.Offset, entity.Length).Contains('@'))
            || (message.ReplyToMessageId is { } target && chat.Find(target)?.From.IsBot is true);
    }

    private static JsonNode Json<T>(T value, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) =>
        JsonSerializer.SerializeToNode(value, type) ?? throw new InvalidOperationException("An update serialises to nothing");
}
