using System.Collections.Frozen;
using Clawdex.TelegramEmulator.Chats;
using Clawdex.TelegramEmulator.Control;
using Clawdex.TelegramEmulator.Updates;
using Microsoft.Extensions.Options;

namespace Clawdex.TelegramEmulator.BotApi;

/// <summary>All methods that the emulator knows, by name. Rejected calls that name a chat end up in its timeline here.</summary>
internal sealed class BotMethods
{
    private readonly FrozenDictionary<string, Func<BotCall, Task<BotResult>>> _methods;
    private readonly ChatBook _book;

    public BotMethods(
        ChatBook book,
        MessageMethods messages,
        CommandMenu commands,
        CallbackQueries callbacks,
        WebhookMethods webhook,
        LongPoll poll,
        UserSide users,
        IOptions<TelegramEmulatorOptions> options)
    {
        _book = book;
        var me = BotResult.Ok(
            new(book.Bot.Id, true, book.Bot.Name, options.Value.BotUsername) { CanReadAllGroupMessages = !options.Value.PrivacyMode },
            BotApiJson.Default.ApiMe);
        _methods = new Dictionary<string, Func<BotCall, Task<BotResult>>>(StringComparer.OrdinalIgnoreCase)
        {
            ["getMe"] = _ => Task.FromResult(me),
            ["getUpdates"] = poll.GetUpdatesAsync,
            ["sendMessage"] = Now(messages.Send),
            ["editMessageText"] = Now(messages.EditText),
            ["editMessageReplyMarkup"] = Now(messages.EditMarkup),
            ["deleteMessage"] = Now(messages.Delete),
            ["sendChatAction"] = Now(messages.ChatAction),
            ["answerCallbackQuery"] = Now(callbacks.Answer),
            ["leaveChat"] = Now(users.Leave),
            ["setMyCommands"] = Now(commands.Set),
            ["getMyCommands"] = Now(commands.Get),
            ["deleteMyCommands"] = Now(commands.Delete),
            ["setWebhook"] = Now(webhook.Set),
            ["deleteWebhook"] = Now(webhook.Delete),
            ["getWebhookInfo"] = Now(webhook.Info),
        }.ToFrozenDictionary(StringComparer.OrdinalIgnoreCase);
    }

    public bool Contains(string method) => _methods.ContainsKey(method);

    public async Task<BotResult> InvokeAsync(BotCall call)
    {
        if (!_methods.TryGetValue(call.Method, out var method))
            return BotResult.Error(404, "Not Found: method not found");
        var result = await method(call);
        Record(call, result, null);
        return result;
    }

    /// <summary>Notes a call that was rejected, by a rule or by an injected fault.</summary>
    public void Record(BotCall call, BotResult result, int? faultId)
    {
        if (result.Failure is not { } failure || call.ChatId is 0)
            return;
        lock (_book.Gate)
        {
            if (_book.Find(call.ChatId) is null)
                return;
            _book.Timeline.Add(new()
            {
                ChatId = call.ChatId,
                Kind = Kind(call.Method),
                Method = call.Method,
                MessageId = call.Int32("message_id", 0, 0, int.MaxValue) is > 0 and var id ? id : null,
                RawText = call.Text("text") is { Length: > 0 } text ? text : null,
                ParseMode = call.Text("parse_mode") is { Length: > 0 } mode ? mode : null,
                Ok = false,
                ErrorCode = failure.ErrorCode,
                Error = failure.Description,
                RetryAfter = failure.Parameters?.RetryAfter,
                FaultId = faultId,
            });
        }
    }

    private static TimelineKind Kind(string method) => method.ToLowerInvariant() switch
    {
        "sendmessage" => TimelineKind.Send,
        "editmessagetext" => TimelineKind.Edit,
        "editmessagereplymarkup" => TimelineKind.EditMarkup,
        "deletemessage" => TimelineKind.Delete,
        "sendchataction" => TimelineKind.ChatAction,
        _ => TimelineKind.Other,
    };

    private static Func<BotCall, Task<BotResult>> Now(Func<BotCall, BotResult> method) => call => Task.FromResult(method(call));
}
