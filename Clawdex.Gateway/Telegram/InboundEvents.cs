using System.Globalization;

namespace Clawdex.Gateway.Telegram;

/// <summary>Something that happened in Telegram and concerns the bot. No Telegram type gets past here.</summary>
/// <param name="UpdateId">Telegram's number of the update.</param>
internal abstract record InboundEvent(int UpdateId, Conversation Conversation)
{
    /// <summary>The user behind it; null for channels and anonymous administrators.</summary>
    public long? UserId { get; init; }

    /// <summary>The update's trace, which all that follows belongs to.</summary>
    public UpdateTrace? Update { get; init; }
}

/// <summary>Someone wrote something that the bot is to react to.</summary>
/// <param name="Text">As written, with a leading mention of the bot removed.</param>
internal sealed record InboundMessage(int UpdateId, Conversation Conversation, int MessageId, DateTimeOffset SentAt, string Text)
    : InboundEvent(UpdateId, Conversation)
{
    /// <summary>The text with what Telegram keeps beside it: the addresses of links, and the marks of code.</summary>
    public string Marked { get; init; } = Text;

    /// <summary>Clearly meant for the bot: a private chat, a mention or a reply to it. Elsewhere only commands count.</summary>
    public required bool IsAddressed { get; init; }

    /// <summary>Somebody else wrote it, as far as can be told: it says nothing about what the sender wants.</summary>
    public bool IsForwarded { get; init; }

    /// <summary>What the sender calls himself; empty = unknown.</summary>
    public string SenderName { get; init; } = "";

    /// <summary>What it replies to or quotes; null = nothing, or what the model reads right above it anyway.</summary>
    public string? About { get; init; }

    /// <summary>The bot's own message that it replies to; null = none, or one of which a part is quoted.</summary>
    public int? AnswerId { get; init; }

    /// <summary>What the model reads: what it is about stands above it, as a quote.</summary>
    public string Prompt => string.IsNullOrWhiteSpace(About) ? Marked : $"> {About.ReplaceLineEndings("\n> ")}\n\n{Marked}";

    /// <summary>Whether the model has read it so: the quote of an answer depends on what was the last one then.</summary>
    public bool ReadsAs(string prompt) => prompt == Prompt || (AnswerId is not null && prompt == Marked);

    /// <summary>Written while the gateway was away.</summary>
    public bool IsBacklog { get; init; }

    /// <summary>Late, and the same conversation went on since: it is remembered, and answered with what came last.</summary>
    public bool IsSuperseded { get; init; }

    /// <summary>
    /// The same for every delivery of the same update. Telegram may restart its update numbers after an idle week, so the
    /// number alone would one day mistake a new message for an old one.
    /// </summary>
    public string SourceId => string.Create(CultureInfo.InvariantCulture, $"{UpdateId}:{MessageId}:{SentAt.ToUnixTimeSeconds()}");
}

/// <summary>Someone changed a message of his.</summary>
/// <param name="Message">As it reads now.</param>
internal sealed record InboundEdit(InboundMessage Message) : InboundEvent(Message.UpdateId, Message.Conversation);

/// <summary>Someone sent the bot something else than text.</summary>
/// <param name="AlbumId">The same for all parts of an album; null = a single one.</param>
internal sealed record InboundMedia(int UpdateId, Conversation Conversation, int MessageId, string? AlbumId)
    : InboundEvent(UpdateId, Conversation);

/// <summary>Someone pressed a button below one of the bot's messages.</summary>
/// <param name="MessageId">Null when Telegram no longer knows the message.</param>
/// <param name="Data">What the client says that the button carries; empty = nothing. Only <see cref="ButtonSigner"/> can read it.</param>
internal sealed record ButtonPress(int UpdateId, Conversation Conversation, string CallbackId, int? MessageId, string Data)
    : InboundEvent(UpdateId, Conversation);

/// <summary>A group became a supergroup and has a new id.</summary>
internal sealed record ChatMigration(int UpdateId, Conversation Conversation, Conversation NewConversation)
    : InboundEvent(UpdateId, Conversation);

/// <summary>The bot was blocked or removed from the chat.</summary>
internal sealed record BotRemoved(int UpdateId, Conversation Conversation) : InboundEvent(UpdateId, Conversation);

/// <summary>Somebody added the bot to a group or a channel.</summary>
internal sealed record BotAdded(int UpdateId, Conversation Conversation) : InboundEvent(UpdateId, Conversation);
