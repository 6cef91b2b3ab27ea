using System.Text.Json.Serialization;

namespace Clawdex.TelegramEmulator.Control;

[JsonConverter(typeof(CamelCaseEnum<TimelineKind>))]
public enum TimelineKind
{
    /// <summary>A chat was created or changed: title, members, topics, the bot's access.</summary>
    Chat,
    UserMessage,
    UserEdit,
    UserDelete,
    ButtonPress,

    /// <summary>The bot's sendMessage.</summary>
    Send,

    /// <summary>The bot's editMessageText.</summary>
    Edit,

    /// <summary>The bot's editMessageReplyMarkup.</summary>
    EditMarkup,
    Delete,
    ChatAction,
    CallbackAnswer,

    /// <summary>setMyCommands and deleteMyCommands; belongs to no chat.</summary>
    Commands,

    /// <summary>Any other call that names a chat; only ever a rejected one.</summary>
    Other,
}

/// <summary>One thing that happened in a chat: what a user did, or what the bot called and how that ended.</summary>
public sealed record TimelineEntry
{
    /// <summary>Increases over all chats; never repeats while the emulator runs.</summary>
    public long Sequence { get; init; }

    public DateTimeOffset Time { get; init; }

    /// <summary>
    /// When the request of a bot's send or edit had arrived, before the emulator read it; Unix microseconds. For measurements:
    /// <see cref="Time"/> includes what the emulator did with it.
    /// </summary>
    public long? ArrivedMicros { get; init; }

    /// <summary>0 for entries that belong to no chat.</summary>
    public required long ChatId { get; init; }

    public required TimelineKind Kind { get; init; }

    public int? MessageId { get; init; }

    /// <summary>The message after the change; for a deletion, as it was last. Null for rejected calls.</summary>
    public EmulatedMessage? Message { get; init; }

    /// <summary>The Bot API method of a bot's entry.</summary>
    public string? Method { get; init; }

    /// <summary>The text parameter exactly as the bot sent it, markup included.</summary>
    public string? RawText { get; init; }

    public string? ParseMode { get; init; }

    /// <summary>The action of a <see cref="TimelineKind.ChatAction"/>, the data of a <see cref="TimelineKind.ButtonPress"/>.</summary>
    public string? Detail { get; init; }

    public int? ThreadId { get; init; }

    /// <summary>The id of a pressed button's query.</summary>
    public string? CallbackId { get; init; }

    public ChatInfo? Chat { get; init; }

    /// <summary>True where the call took effect, even if a fault then hid the answer.</summary>
    public bool Ok { get; init; } = true;

    /// <summary>The Bot API's error code of a rejected call.</summary>
    public int? ErrorCode { get; init; }

    /// <summary>The Bot API's description of a rejected call.</summary>
    public string? Error { get; init; }

    /// <summary>Seconds.</summary>
    public int? RetryAfter { get; init; }

    /// <summary>The number of the injected fault that hit the call.</summary>
    public int? FaultId { get; init; }
}
