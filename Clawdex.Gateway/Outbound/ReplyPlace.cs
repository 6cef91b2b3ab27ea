namespace Clawdex.Gateway.Outbound;

/// <summary>Where a reply goes, and who wants to know about it.</summary>
/// <param name="ReplyTo">The message that the reply quotes; null = none.</param>
/// <param name="MessageIds">Messages of an earlier attempt, to be overwritten.</param>
/// <param name="Record">Stores which messages show the reply.</param>
/// <param name="OnGone">The bot may no longer write to the chat.</param>
internal sealed record ReplyPlace(
    Conversation Conversation,
    int? ReplyTo,
    IReadOnlyList<int> MessageIds,
    Func<IReadOnlyList<int>, CancellationToken, Task> Record,
    Action OnGone);
