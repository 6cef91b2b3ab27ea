namespace Clawdex.Gateway.Telegram;

/// <summary>What became of a call to the Bot API, or of a frame of several calls, as far as the caller has to care.</summary>
internal enum SendResult
{
    /// <summary>The chat shows it; an edit that changed nothing counts.</summary>
    Shown,

    /// <summary>Not yet: the chat's budget, a 429, or a call that may be repeated. The chat's budget says how long to wait.</summary>
    Later,

    /// <summary>A send whose answer was lost: the chat may or may not show it, so it is looked for before it is repeated.</summary>
    Unknown,

    /// <summary>The message to edit is deleted or cannot be edited.</summary>
    MessageGone,

    /// <summary>The bot may no longer write here: blocked, removed, or the chat or topic is gone.</summary>
    ChatGone,

    /// <summary>Telegram will never take it, with markup or without: the chat does not show it.</summary>
    Refused,
}

/// <param name="MessageId">Of a message that was sent.</param>
/// <param name="Failure">What went wrong; null = nothing, or the call was not made.</param>
internal readonly record struct CallOutcome(SendResult Status, int MessageId = 0, BotApiFailureKind? Failure = null);

/// <summary>One of the bot's own messages, as a probe finds it.</summary>
/// <param name="ReplyTo">The message that it quotes; null = none.</param>
/// <param name="ThreadId">Its forum topic; null outside of topics and in the General one.</param>
internal sealed record OwnMessage(int Id, string Text, int? ReplyTo, int? ThreadId);
