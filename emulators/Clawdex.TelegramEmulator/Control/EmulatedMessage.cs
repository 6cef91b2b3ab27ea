using Clawdex.TelegramEmulator.Text;

namespace Clawdex.TelegramEmulator.Control;

/// <summary>A message in its present state. Immutable: an edit replaces it.</summary>
public sealed record EmulatedMessage
{
    /// <summary>Unique within its chat.</summary>
    public required int MessageId { get; init; }

    public required long ChatId { get; init; }

    public required ChatMember From { get; init; }

    public required DateTimeOffset Date { get; init; }

    /// <summary>When the text was last edited; changes of the keyboard alone do not count.</summary>
    public DateTimeOffset? EditDate { get; init; }

    /// <summary>How often the text was edited.</summary>
    public int Edits { get; init; }

    /// <summary>What the reader sees; the caption of a medium.</summary>
    public string Text { get; init; } = "";

    public IReadOnlyList<TextEntity> Entities { get; init; } = [];

    /// <summary>The HTML of a rich message, of which <see cref="Text"/> is the text alone; null = an ordinary one.</summary>
    public string? RichHtml { get; init; }

    /// <summary><c>photo</c>, <c>sticker</c>, <c>voice</c>, … ; null for a text.</summary>
    public string? Media { get; init; }

    public int? ReplyToMessageId { get; init; }

    /// <summary>The forum topic; null in the general topic and elsewhere.</summary>
    public int? ThreadId { get; init; }

    /// <summary>Sent without a notification.</summary>
    public bool IsSilent { get; init; }

    /// <summary>Rows of inline buttons.</summary>
    public IReadOnlyList<IReadOnlyList<InlineButton>>? Keyboard { get; init; }

    /// <summary>Sent with a reply keyboard, a forced reply or its removal: Telegram lets nobody edit it any more.</summary>
    public bool HasReplyMarkup { get; init; }

    public ServiceEvent? Service { get; init; }

    public bool IsDeleted { get; init; }
}

/// <summary>A button below a message. Exactly one of data and URL is set for the kinds that the emulator can press.</summary>
public sealed record InlineButton(string Text)
{
    /// <summary>1 to 64 bytes.</summary>
    public string? CallbackData { get; init; }

    public string? Url { get; init; }
}

/// <summary>What a message without text by a user reports, such as a chat's migration.</summary>
public sealed record ServiceEvent(string Kind)
{
    public const string TopicCreated = "forum_topic_created";
    public const string MigratedTo = "migrate_to_chat_id";
    public const string MigratedFrom = "migrate_from_chat_id";

    /// <summary>The other chat of a migration.</summary>
    public long? ChatId { get; init; }

    /// <summary>The name of a new topic.</summary>
    public string? Name { get; init; }
}
