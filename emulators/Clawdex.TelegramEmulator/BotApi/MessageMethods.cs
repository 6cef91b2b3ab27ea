using System.Diagnostics.CodeAnalysis;
using Clawdex.TelegramEmulator.Chats;
using Clawdex.TelegramEmulator.Control;
using Clawdex.TelegramEmulator.Faults;
using Clawdex.TelegramEmulator.Text;

namespace Clawdex.TelegramEmulator.BotApi;

/// <summary>The methods that change what a chat shows.</summary>
internal sealed class MessageMethods(ChatBook book, FloodControl flood)
{
    private static readonly HashSet<string> Actions =
    [
        "typing", "upload_photo", "record_video", "upload_video", "record_voice", "upload_voice", "upload_document",
        "choose_sticker", "find_location", "record_video_note", "upload_video_note",
    ];

    public BotResult Send(BotCall call)
    {
        var (parsed, error) = TextParameter.Parse(call);
        if (parsed is null)
            return error ?? BotResult.BadRequest("message text is empty");
        var (reply, replyError) = ReplyParameters.Parse(call);
        if (replyError is not null)
            return replyError;
        var (markup, markupError) = ReplyMarkup.Parse(call);
        if (markup is null)
            return markupError ?? BotResult.BadRequest("object expected as reply markup");
        var (text, textError) = TextParameter.Finish(parsed, "message is too long");

        lock (book.Gate)
        {
            if (!ChatAccess.TryFind(book, call, write: true, out var chat, out error) || !TryThread(call, chat, out var threadId, out error))
                return error;
            var target = reply is null ? null : chat.Find(reply.MessageId);
            if (reply is { AllowSendingWithout: false } && target is null)
                return BotResult.BadRequest("message to be replied not found");
            if (text is null)
                return textError ?? BotResult.BadRequest("text must be non-empty");
            if (flood.Spend(chat.Info) is { } retryAfter)
                return BotResult.TooManyRequests(retryAfter);
            return Place(call, chat, text, target, threadId ?? target?.ThreadId, markup);
        }
    }

    private BotResult Place(BotCall call, Chat chat, FormattedText text, EmulatedMessage? target, int? threadId, ReplyMarkup markup)
    {
        var message = book.Put(chat, new()
        {
            MessageId = book.NextMessageId(chat),
            ChatId = chat.Id,
            From = book.Bot,
            Date = book.Now,
            Text = text.Text,
            Entities = text.Entities,
            ReplyToMessageId = target?.MessageId,
            ThreadId = threadId,
            IsSilent = call.Flag("disable_notification"),
            Keyboard = markup.Keyboard,
            HasReplyMarkup = markup.IsOther,
        });
        Record(TimelineKind.Send, call, message);
        return Answer(chat, message);
    }

    public BotResult EditText(BotCall call)
    {
        var (rich, richError) = RichMessage.Parse(call);
        if (richError is not null)
            return richError;
        var (parsed, error) = rich is null ? TextParameter.Parse(call) : (new FormattedText(rich.Text, []), null);
        if (parsed is null)
            return error ?? BotResult.BadRequest("message text is empty");
        // The length is not checked locally for edits: the error is the raw one of the server behind.
        var (text, textError) = rich is null ? TextParameter.Finish(parsed, "MESSAGE_TOO_LONG") : (parsed, null);
        return Edit(call, TimelineKind.Edit, (message, markup) =>
        {
            if (message.Media is not null || message.Service is not null)
                return (null, BotResult.BadRequest("there is no text in the message to edit"));
            if (text is null)
                return (null, textError);
            return (message with
            {
                Text = text.Text,
                Entities = text.Entities,
                RichHtml = rich?.Html,
                Keyboard = markup.Keyboard,
                EditDate = book.Now,
                Edits = message.Edits + 1,
            }, null);
        });
    }

    public BotResult EditMarkup(BotCall call) =>
        Edit(call, TimelineKind.EditMarkup, (message, markup) => (message with { Keyboard = markup.Keyboard }, null));

    public BotResult Delete(BotCall call)
    {
        if (call.Text("chat_id").Length is 0)
            return BotResult.BadRequest("chat identifier is not specified");
        if (call.Int32("message_id", 0, 0, int.MaxValue) is 0)
            return BotResult.BadRequest("message identifier is not specified");
        lock (book.Gate)
        {
            if (!ChatAccess.TryFind(book, call, write: true, out var chat, out var error))
                return error;
            if (chat.Find(call.Int32("message_id", 0, 0, int.MaxValue)) is not { } message)
                return BotResult.BadRequest("message to delete not found");
            // In groups the emulated bot is no administrator.
            if (!message.From.IsBot && chat.Info.Kind is not ChatKind.Private)
                return BotResult.BadRequest("message can't be deleted");
            Record(TimelineKind.Delete, call, book.Put(chat, message with { IsDeleted = true }));
            return BotResult.True;
        }
    }

    public BotResult ChatAction(BotCall call)
    {
        var action = call.Text("action");
        if (!Actions.Contains(action))
            return BotResult.BadRequest("wrong parameter action in request");
        lock (book.Gate)
        {
            if (!ChatAccess.TryFind(book, call, write: true, out var chat, out var error) || !TryThread(call, chat, out var threadId, out error))
                return error;
            book.Timeline.Add(new()
            {
                ChatId = chat.Id,
                Kind = TimelineKind.ChatAction,
                Method = call.Method,
                Detail = action,
                ThreadId = threadId,
            });
            return BotResult.True;
        }
    }

    /// <summary>The topic of a call; null = none. The general topic is addressed by leaving it out.</summary>
    private static bool TryThread(BotCall call, Chat chat, out int? threadId, [NotNullWhen(false)] out BotResult? error)
    {
        var id = call.Int32("message_thread_id", 0, 0, int.MaxValue);
        threadId = id is 0 ? null : id;
        error = threadId is null || chat.Info.Topics.Any(topic => topic.Id == id) ? null : BotResult.BadRequest("message thread not found");
        return error is null;
    }

    private BotResult Edit(
        BotCall call,
        TimelineKind kind,
        Func<EmulatedMessage, ReplyMarkup, (EmulatedMessage? Changed, BotResult? Error)> change)
    {
        var (markup, markupError) = ReplyMarkup.Parse(call);
        if (markup is null)
            return markupError ?? BotResult.BadRequest("object expected as reply markup");
        lock (book.Gate)
        {
            if (!ChatAccess.TryFind(book, call, write: false, out var chat, out var error))
                return error;
            if (chat.Find(call.Int32("message_id", 0, 0, int.MaxValue)) is not { } message)
                return BotResult.BadRequest("message to edit not found");
            if (!message.From.IsBot || message.HasReplyMarkup || message.Service is not null)
                return BotResult.BadRequest("message can't be edited");
            if (markup.IsOther)
                return BotResult.BadRequest("inline keyboard expected");
            var (changed, changeError) = change(message, markup);
            if (changed is null)
                return changeError ?? BotResult.BadRequest("message can't be edited");
            // The comparison happens on the server behind the Bot API, so that an edit that changes nothing costs budget too.
            if (flood.Spend(chat.Info) is { } retryAfter)
                return BotResult.TooManyRequests(retryAfter);
            if (IsSame(message, changed))
                return BotResult.BadRequest("message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message");
            book.Put(chat, changed);
            Record(kind, call, changed);
            return Answer(chat, changed);
        }
    }

    private static bool IsSame(EmulatedMessage before, EmulatedMessage after) =>
        before.Text == after.Text
        && before.RichHtml == after.RichHtml
        && before.Entities.SequenceEqual(after.Entities)
        && (before.Keyboard ?? []).Count == (after.Keyboard ?? []).Count
        && (before.Keyboard ?? []).Zip(after.Keyboard ?? []).All(rows => rows.First.SequenceEqual(rows.Second));

    private void Record(TimelineKind kind, BotCall call, EmulatedMessage message) => book.Timeline.Add(new()
    {
        ChatId = message.ChatId,
        Kind = kind,
        MessageId = message.MessageId,
        Message = message,
        ArrivedMicros = Micros.Of(call.ArrivedAt),
        Method = call.Method,
        RawText = call.Text("text") is { Length: > 0 } text ? text : null,
        ParseMode = call.Text("parse_mode") is { Length: > 0 } mode ? mode : null,
        ThreadId = message.ThreadId,
    });

    private static BotResult Answer(Chat chat, EmulatedMessage message) =>
        BotResult.Ok(ApiFormat.Message(chat, message), BotApiJson.Default.ApiMessage);
}
