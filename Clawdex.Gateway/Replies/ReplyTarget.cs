namespace Clawdex.Gateway.Replies;

/// <summary>Where a reply goes, and who wants to know about it.</summary>
/// <param name="Origin">The user's message.</param>
/// <param name="MessageIds">Messages of an earlier attempt, to be overwritten.</param>
/// <param name="Record">Stores which messages show the reply; a 0 at the end says that one more is about to be sent.</param>
/// <param name="OnGone">The bot may no longer write to the chat.</param>
internal sealed record ReplyTarget(
    Conversation Conversation,
    int Origin,
    IReadOnlyList<int> MessageIds,
    Func<IReadOnlyList<int>, CancellationToken, Task> Record,
    Action OnGone)
{
    /// <summary>An earlier process was about to send one more message, and may have.</summary>
    public bool MayHaveSentMore { get; init; }

    /// <summary>The conversation's own choice of rich messages; null = as configured.</summary>
    public bool? Rich { get; init; }

    /// <summary>In a group others write in between; in a private chat a quote would only be noise.</summary>
    public int? ReplyTo => Conversation.IsGroup ? Origin : null;
}
