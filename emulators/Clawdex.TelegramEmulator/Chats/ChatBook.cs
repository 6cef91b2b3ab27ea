using Clawdex.TelegramEmulator.Control;
using Clawdex.TelegramEmulator.Storage;
using Microsoft.Extensions.Options;

namespace Clawdex.TelegramEmulator.Chats;

/// <summary>
/// Owns all chats, users and ids. One lock guards them: every operation is short and does no I/O but an append to the log, and
/// the order of the timeline and of updates is that of the changes.
/// </summary>
internal sealed class ChatBook
{
    private const long FirstUserId = 1001;
    private const long FirstGroupId = -2001;
    private const long FirstSupergroupId = -1_002_000_000_001;

    private readonly Dictionary<long, Chat> _chats = [];
    private readonly TelegramEmulatorOptions _options;
    private readonly StateLog _log;
    private readonly TimeProvider _time;
    private long _nextUserId = FirstUserId;
    private long _nextGroupId = FirstGroupId;
    private long _nextSupergroupId = FirstSupergroupId;

    /// <summary>Private chats and basic groups draw their message ids from one sequence, as for a real bot.</summary>
    private int _lastSharedMessageId;

    public ChatBook(IOptions<TelegramEmulatorOptions> options, Timeline timeline, StateLog log, TimeProvider time)
    {
        _options = options.Value;
        _log = log;
        _time = time;
        Timeline = timeline;
        var botId = long.Parse(_options.Token.AsSpan(0, _options.Token.IndexOf(':', StringComparison.Ordinal)), provider: null);
        Bot = new(botId, _options.BotName, _options.BotUsername, IsBot: true);
    }

    /// <summary>Hold it for every read of a chat and every change.</summary>
    public Lock Gate { get; } = new();

    public Timeline Timeline { get; }

    public ChatMember Bot { get; }

    public IEnumerable<Chat> Chats => _chats.Values;

    public Chat? Find(long chatId) => _chats.GetValueOrDefault(chatId);

    public DateTimeOffset Now => _time.GetUtcNow();

    public long NextChatId(ChatKind kind) => kind switch
    {
        ChatKind.Private => NextUserId(),
        ChatKind.Group => _nextGroupId--,
        _ => _nextSupergroupId--,
    };

    /// <summary>The user of this name from any chat, so that one person is the same everywhere; else a new one.</summary>
    public ChatMember User(string name) =>
        _chats.Values.SelectMany(chat => chat.Info.Members).FirstOrDefault(member => member.Name == name)
        ?? new(NextUserId(), name, Username(name), IsBot: false);

    /// <summary>A name made of what a username may hold; null when too little is left.</summary>
    public static string? Username(string name)
    {
        var letters = string.Concat(name.Where(c => char.IsAsciiLetterOrDigit(c) || c is '_')).ToLowerInvariant();
        return letters.Length < 3 ? null : letters;
    }

    private long NextUserId()
    {
        while (_nextUserId == Bot.Id || _chats.ContainsKey(_nextUserId))
            _nextUserId++;
        return _nextUserId++;
    }

    /// <summary>Adds or replaces what is known of a chat.</summary>
    public Chat Put(ChatInfo info)
    {
        if (_chats.TryGetValue(info.Id, out var chat))
            chat.Info = info;
        else
            _chats.Add(info.Id, chat = new(info));
        _nextUserId = Math.Max(_nextUserId, info.Members.Max(member => (long?)member.Id + 1) ?? 0);
        if (info.Kind is ChatKind.Group)
            _nextGroupId = Math.Min(_nextGroupId, info.Id - 1);
        else if (info.IsSupergroup)
            _nextSupergroupId = Math.Min(_nextSupergroupId, info.Id - 1);
        _log.Append(new() { Chat = info });
        Timeline.Add(new() { ChatId = info.Id, Kind = TimelineKind.Chat, Chat = info });
        return chat;
    }

    /// <summary>In a supergroup, 1 is the message of its creation and the id of the general topic.</summary>
    public int NextMessageId(Chat chat) => chat.Info.IsSupergroup ? Math.Max(chat.LastMessageId, 1) + 1 : _lastSharedMessageId + 1;

    /// <summary>Adds a message or replaces it.</summary>
    public EmulatedMessage Put(Chat chat, EmulatedMessage message)
    {
        chat.Put(message, _options.MessagesPerChat);
        if (!chat.Info.IsSupergroup)
            _lastSharedMessageId = Math.Max(_lastSharedMessageId, message.MessageId);
        _log.Append(new() { Message = message });
        return message;
    }
}
