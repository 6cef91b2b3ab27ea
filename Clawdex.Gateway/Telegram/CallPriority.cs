namespace Clawdex.Gateway.Telegram;

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
