namespace Clawdex.Gateway;

/// <summary>
/// Groups that became supergroups while the gateway runs: one chat with two ids. In this process it keeps the id under which it
/// was first known, so that what began before goes on in the same queue; Telegram and the session service go by the current one.
/// </summary>
internal sealed class ChatIds
{
    // A group migrates once in its life; this only bounds what a misbehaving server could make us remember.
    private const int MostRemembered = 10_000;

    private readonly RecentMap<long, long> _current = new(MostRemembered);
    private readonly RecentMap<long, long> _first = new(MostRemembered);

    /// <summary>The chat's id is another one now. Its first one stays what this process knows it by.</summary>
    public void Moved(long fromChatId, long toChatId)
    {
        _current.Set(fromChatId, toChatId);
        _first.Set(toChatId, fromChatId);
    }

    /// <summary>Whether the chat is known to have another id now.</summary>
    public bool IsMoved(long chatId) => _current.Contains(chatId);

    /// <summary>What Telegram and the session service know the conversation by.</summary>
    public Conversation Current(Conversation conversation) => Under(_current, conversation);

    /// <summary>What this process knows the conversation by.</summary>
    public Conversation First(Conversation conversation) => Under(_first, conversation);

    private static Conversation Under(RecentMap<long, long> ids, Conversation conversation) =>
        ids.TryGet(conversation.ChatId, out var id) ? conversation with { ChatId = id } : conversation;
}
