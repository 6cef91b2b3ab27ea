using System.Text.Json.Serialization;

namespace Clawdex.TelegramEmulator.Control;

[JsonConverter(typeof(CamelCaseEnum<ChatKind>))]
public enum ChatKind
{
    Private,
    Group,
    Supergroup,

    /// <summary>A supergroup with topics.</summary>
    Forum,
}

/// <summary>Whether the bot may write to a chat, and if not, why.</summary>
[JsonConverter(typeof(CamelCaseEnum<BotAccess>))]
public enum BotAccess
{
    Allowed,

    /// <summary>The user blocked the bot.</summary>
    Blocked,

    /// <summary>The user's account is gone.</summary>
    Deactivated,

    /// <summary>The user never wrote to the bot.</summary>
    NotStarted,

    /// <summary>The bot was thrown out of the group.</summary>
    Kicked,

    /// <summary>The bot left the group.</summary>
    NotMember,

    /// <summary>The group was deleted.</summary>
    Deleted,

    /// <summary>The bot may read but not write in the group.</summary>
    Restricted,
}

/// <summary>Somebody who writes: a user or the bot.</summary>
public sealed record ChatMember(long Id, string Name, string? Username, bool IsBot);

/// <summary>A topic of a forum. Its id is the <c>message_thread_id</c>; the general topic has none and is not listed.</summary>
public sealed record ForumTopic(int Id, string Name);

/// <summary>A chat as the control API shows it.</summary>
public sealed record ChatInfo
{
    public required long Id { get; init; }

    public required ChatKind Kind { get; init; }

    public required string Title { get; init; }

    /// <summary>The users, without the bot. The first one is who writes when nobody is named.</summary>
    public required IReadOnlyList<ChatMember> Members { get; init; }

    public IReadOnlyList<ForumTopic> Topics { get; init; } = [];

    public BotAccess Access { get; init; }

    /// <summary>The supergroup that a group was upgraded to.</summary>
    public long? MigratedTo { get; init; }

    internal bool IsSupergroup => Kind is ChatKind.Supergroup or ChatKind.Forum;
}
