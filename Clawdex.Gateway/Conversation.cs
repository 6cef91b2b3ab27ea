using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Clawdex.Gateway;

/// <summary>Where one conversation takes place: a Telegram chat, or one topic of a forum. Its key names the stored session.</summary>
/// <param name="ChatId">Negative for groups.</param>
/// <param name="ThreadId">The forum topic; null outside of topics and in the General one.</param>
internal sealed record Conversation(long ChatId, int? ThreadId = null)
{
    public const string Channel = "telegram";

    public string Key => ThreadId is { } thread
        ? string.Create(CultureInfo.InvariantCulture, $"{Channel}:{ChatId}:topic:{thread}")
        : string.Create(CultureInfo.InvariantCulture, $"{Channel}:{ChatId}");

    public string ChatIdText => ChatId.ToString(CultureInfo.InvariantCulture);

    public bool IsGroup => ChatId < 0;

    /// <summary>The inverse of <see cref="Key"/>.</summary>
    public static bool TryParse(string key, [NotNullWhen(true)] out Conversation? conversation)
    {
        conversation = key.Split(':') switch
        {
            [Channel, var chat] when TryChat(chat, out var id) => new Conversation(id),
            [Channel, var chat, "topic", var topic] when TryChat(chat, out var id) && TryTopic(topic, out var thread) => new Conversation(id, thread),
            _ => null,
        };
        return conversation is not null;
    }

    private static bool TryChat(string text, out long id) =>
        long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out id);

    private static bool TryTopic(string text, out int id) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out id);
}
