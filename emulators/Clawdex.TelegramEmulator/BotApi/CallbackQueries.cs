using System.Globalization;
using Clawdex.TelegramEmulator.Chats;
using Clawdex.TelegramEmulator.Control;

namespace Clawdex.TelegramEmulator.BotApi;

/// <summary>Pressed buttons that wait for answerCallbackQuery. Hold the chat book's lock.</summary>
internal sealed class CallbackQueries(ChatBook book)
{
    /// <summary>After this the real client has given up waiting, and an answer is refused.</summary>
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, (long ChatId, int? MessageId, DateTimeOffset Expires)> _waiting = [];
    private long _lastId = 4_000_000_000_000;

    public string Add(long chatId, int? messageId)
    {
        foreach (var (old, _) in _waiting.Where(query => query.Value.Expires <= book.Now).ToList())
            _waiting.Remove(old);
        var id = (++_lastId).ToString(CultureInfo.InvariantCulture);
        _waiting.Add(id, (chatId, messageId, book.Now + Lifetime));
        return id;
    }

    /// <summary>answerCallbackQuery. A second answer to one query is refused.</summary>
    public BotResult Answer(BotCall call)
    {
        var text = call.Text("text");
        if (text.Length > 200)
            return BotResult.BadRequest("MESSAGE_TOO_LONG");
        lock (book.Gate)
        {
            var id = call.Text("callback_query_id");
            if (!_waiting.Remove(id, out var query) || query.Expires <= book.Now)
                return BotResult.BadRequest("query is too old and response timeout expired or query ID is invalid");
            book.Timeline.Add(new()
            {
                ChatId = query.ChatId,
                Kind = TimelineKind.CallbackAnswer,
                Method = call.Method,
                MessageId = query.MessageId,
                CallbackId = id,
                RawText = text.Length > 0 ? text : null,
                Detail = call.Flag("show_alert") ? "alert" : null,
            });
            return BotResult.True;
        }
    }
}
