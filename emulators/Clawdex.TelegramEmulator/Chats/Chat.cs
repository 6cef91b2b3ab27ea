using Clawdex.TelegramEmulator.Control;

namespace Clawdex.TelegramEmulator.Chats;

/// <summary>One chat with its newest messages. Guarded by <see cref="ChatBook.Gate"/>.</summary>
internal sealed class Chat(ChatInfo info)
{
    /// <summary>Ordered by id.</summary>
    private readonly List<EmulatedMessage> _messages = [];

    public ChatInfo Info { get; set; } = info;

    public long Id => Info.Id;

    /// <summary>The newest id of this chat; only supergroups count by themselves.</summary>
    public int LastMessageId { get; private set; }

    public IReadOnlyList<EmulatedMessage> Messages => _messages;

    public EmulatedMessage? Find(int messageId) =>
        IndexOf(messageId) is >= 0 and var index && !_messages[index].IsDeleted ? _messages[index] : null;

    /// <summary>Adds a message or replaces the one with the same id.</summary>
    public void Put(EmulatedMessage message, int capacity)
    {
        var index = IndexOf(message.MessageId);
        if (index >= 0)
        {
            _messages[index] = message;
            return;
        }

        _messages.Insert(~index, message);
        LastMessageId = Math.Max(LastMessageId, message.MessageId);
        if (_messages.Count > capacity)
            _messages.RemoveAt(0);
    }

    /// <summary>The index, or the complement of where it would be.</summary>
    private int IndexOf(int messageId)
    {
        int low = 0, high = _messages.Count - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            var id = _messages[middle].MessageId;
            if (id == messageId)
                return middle;
            if (id < messageId)
                low = middle + 1;
            else
                high = middle - 1;
        }

        return ~low;
    }
}
