using System.Diagnostics.CodeAnalysis;
using Clawdex.TelegramEmulator.Chats;
using Clawdex.TelegramEmulator.Control;

namespace Clawdex.TelegramEmulator.BotApi;

/// <summary>Which chat a call means, and whether the bot may do that there. Hold the chat book's lock.</summary>
internal static class ChatAccess
{
    /// <param name="write">True for what needs the chat to be alive: new messages and deletions, but not edits.</param>
    public static bool TryFind(ChatBook book, BotCall call, bool write, [NotNullWhen(true)] out Chat? chat, [NotNullWhen(false)] out BotResult? error)
    {
        chat = null;
        if (call.Text("chat_id").Length is 0)
        {
            error = BotResult.BadRequest("chat_id is empty");
            return false;
        }

        chat = book.Find(call.ChatId);
        error = chat is null ? BotResult.BadRequest("chat not found") : Refusal(chat.Info, write);
        return chat is not null && error is null;
    }

    private static BotResult? Refusal(ChatInfo chat, bool write) => chat.Access switch
    {
        _ when chat.MigratedTo is { } target && write =>
            BotResult.Error(400, "Bad Request: group chat was upgraded to a supergroup chat", new() { MigrateToChatId = target }),
        BotAccess.Blocked => Forbidden("bot was blocked by the user"),
        BotAccess.Deactivated => Forbidden("user is deactivated"),
        BotAccess.NotStarted => BotResult.BadRequest("chat not found"),
        BotAccess.Kicked => Forbidden($"bot was kicked from the {Kind(chat)} chat"),
        BotAccess.NotMember => Forbidden($"bot is not a member of the {Kind(chat)} chat"),
        BotAccess.Deleted => Forbidden("the group chat was deleted"),
        BotAccess.Restricted when write => BotResult.BadRequest("not enough rights to send text messages to the chat"),
        _ => null,
    };

    private static string Kind(ChatInfo chat) => chat.IsSupergroup ? "supergroup" : "group";

    private static BotResult Forbidden(string reason) => BotResult.Error(403, $"Forbidden: {reason}");
}
