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
internal sealed record OwnMessage(string Text, int? ReplyTo, int? ThreadId);

/// <summary>How much of a chat's budget a send or an edit may use up. Each level leaves something for the ones below it in this list.</summary>
internal enum CallPriority
{
    /// <summary>A frame that a later one replaces: leaves most of the burst to everything else.</summary>
    Interim,

    /// <summary>A command's reply or a notice: goes before interim frames, leaves one call to a final frame.</summary>
    Reply,

    /// <summary>The complete text of an answer: may use the last call of the budget.</summary>
    Final,

    /// <summary>The first visible text of an answer: goes at once, on credit if need be; only a 429 holds it back.</summary>
    First,
}

/// <summary>What a press does. Its number is part of what a button carries: a button that is out there keeps its meaning.</summary>
internal enum ButtonAction
{
    /// <summary>Nothing: it marks a message for the moment of a search.</summary>
    Mark = 0,

    /// <summary>Lets the model go on where the answer of the turn in <see cref="Button.Payload"/> was cut.</summary>
    Continue = 1,

    /// <summary>Switches to the model in <see cref="Button.Payload"/>.</summary>
    Model = 2,

    /// <summary>Lets the stranger in whose number is <see cref="Button.Payload"/>.</summary>
    Allow = 3,

    /// <summary>Turns him away.</summary>
    Deny = 4,

    /// <summary>Lets the question whose message is <see cref="Button.Payload"/> be answered again, since it was edited.</summary>
    AnswerAgain = 5,
}

/// <summary>
/// A button below a message, one per row. It has no data of its own that a client could make up: <see cref="TelegramChat"/> signs
/// what is shown, and a press is read by <see cref="ButtonSigner"/> alone.
/// </summary>
/// <param name="Label">Empty = unknown, of one that was pressed.</param>
/// <param name="AskerId">In a group, who may press it besides the owner; null = nobody else.</param>
internal sealed record Button(string Label, ButtonAction Action, string Payload, long? AskerId);
