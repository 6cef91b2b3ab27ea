using Clawdex.TelegramEmulator.Text;

namespace Clawdex.TelegramEmulator.Control;

// The JSON source generator hands null to init properties that a request leaves out: the setters put their defaults back.

/// <summary>A chat to be created.</summary>
public sealed record NewChat
{
    public ChatKind Kind { get; init; }

    /// <summary>The user's name in a private chat, the title of a group.</summary>
    public required string Title { get; init; }

    /// <summary>Must be free; negative for groups. Null = the next free one.</summary>
    public long? Id { get; init; }

    /// <summary>Names of a group's users. Without any, one is made up.</summary>
    public IReadOnlyList<string> Members { get; init => field = value ?? []; } = [];

    /// <summary>Names of a forum's topics besides the general one.</summary>
    public IReadOnlyList<string> Topics { get; init => field = value ?? []; } = [];

    public BotAccess Access { get; init; }
}

/// <summary>What a user writes.</summary>
public sealed record UserMessage
{
    /// <summary>The caption where <see cref="Media"/> is set.</summary>
    public string Text { get; init => field = value ?? ""; } = "";

    /// <summary>The member's name; in a group an unknown one joins. Null = the first member.</summary>
    public string? From { get; init; }

    public int? ReplyTo { get; init; }

    public int? ThreadId { get; init; }

    /// <summary><c>photo</c>, <c>sticker</c>, <c>voice</c> or <c>document</c>.</summary>
    public string? Media { get; init; }

    /// <summary>Null = commands, mentions, hashtags and addresses are found as a real client does.</summary>
    public IReadOnlyList<TextEntity>? Entities { get; init; }
}

/// <summary>One of several texts of several users.</summary>
public sealed record ChatText(long ChatId, string Text);

/// <summary>When an update was handed to a poll.</summary>
/// <param name="ChatId">0 where the update names none.</param>
/// <param name="Micros">Unix microseconds, just before the answer is written.</param>
public sealed record Delivery(int UpdateId, long ChatId, long Micros);

/// <summary>A new text for a user's message.</summary>
/// <param name="IsHidden">An edit that changes nothing visible: the update comes with the old text.</param>
public sealed record UserEdit(string Text, bool IsHidden = false);

/// <summary>A press on an inline button.</summary>
public sealed record ButtonPress(int MessageId, string Data)
{
    public string? From { get; init; }

    /// <summary>The bot is told of the message by its id alone, as when it is too old.</summary>
    public bool IsInaccessible { get; init; }
}

/// <summary>Whether the bot may write to the chat from now on.</summary>
public sealed record AccessChange(BotAccess Access);

public sealed record NewTopic(string Name);

/// <summary>A chat with its messages, as of one moment of the timeline.</summary>
public sealed record ChatSnapshot(ChatInfo Chat, IReadOnlyList<EmulatedMessage> Messages, long Sequence);

/// <summary>Timeline entries, and where to go on reading.</summary>
public sealed record TimelinePage(IReadOnlyList<TimelineEntry> Entries, long Sequence);

/// <summary>What became of a pressed button.</summary>
public sealed record PressedButton(string CallbackId);

/// <summary>Why the control API refused a request.</summary>
public sealed record ControlProblem(string Error);
