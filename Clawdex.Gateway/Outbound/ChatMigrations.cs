using Clawdex.Gateway.Turns;

namespace Clawdex.Gateway.Outbound;

/// <summary>Groups that became supergroups while the gateway runs: what still goes to the old id is sent to the new one.</summary>
internal sealed class ChatMigrations(SessionBackend sessions, ILogger<ChatMigrations> logger)
{
    // A group migrates once in its life; this only bounds what a misbehaving server could make us remember.
    private const int MostRemembered = 10_000;

    private readonly RecentMap<long, long> _newIds = new(MostRemembered);

    /// <summary>Where the conversation takes place now.</summary>
    public Conversation Current(Conversation conversation) =>
        _newIds.TryGet(conversation.ChatId, out var newId) ? conversation with { ChatId = newId } : conversation;

    /// <summary>Moves the stored sessions along. Idempotent: Telegram tells a migration more than once.</summary>
    public async Task MoveAsync(long fromChatId, long toChatId, CancellationToken cancellationToken)
    {
        if (fromChatId == toChatId || _newIds.TryGet(fromChatId, out _))
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

        _newIds.Set(fromChatId, toChatId);
    }
}
