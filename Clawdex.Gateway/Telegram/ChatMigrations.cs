using Clawdex.Gateway.Services;

namespace Clawdex.Gateway.Telegram;

/// <summary>Moves a group's stored sessions along when it becomes a supergroup. Telegram tells that in the old chat, in the new one, and to who still writes to the old.</summary>
internal sealed class ChatMigrations(SessionClient sessions, ChatIds ids, ILogger<ChatMigrations> logger)
{
    /// <summary>Idempotent: Telegram tells a migration more than once.</summary>
    public async Task MoveAsync(long fromChatId, long toChatId, CancellationToken cancellationToken)
    {
        if (fromChatId == toChatId || ids.IsMoved(fromChatId))
            return;
        try
        {
            await sessions.MoveAsync(new Conversation(fromChatId), new Conversation(toChatId), cancellationToken);
        }
        catch (SessionException error)
        {
            // The history stays behind; the chat is answered all the same.
            logger.MigrationFailed(error);
        }

        ids.Moved(fromChatId, toChatId);
    }
}
