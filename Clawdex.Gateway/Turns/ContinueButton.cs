using System.Globalization;
using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Telegram;

namespace Clawdex.Gateway.Turns;

/// <summary>
/// The button below an answer that was cut: a press opens a turn that lets the model go on. It names the turn that was cut, so
/// it works whatever was restarted since, and two presses are one turn. Only the session service knows whether it still fits.
/// </summary>
internal static class ContinueButton
{
    /// <summary>What the model reads; no user does.</summary>
    public const string Request = "Your last answer was cut off. Continue exactly where it stopped, without repeating any of it.";

    public static IReadOnlyList<Button> Below(QueuedTurn pending, Answer answer) => answer.End is AnswerEnd.Interrupted or AnswerEnd.LengthLimit
        ? [new Button(UserTexts.Continue, ButtonAction.Continue, pending.Turn.Id.ToString(CultureInfo.InvariantCulture), pending.Turn.AskerId)]
        : [];

    /// <summary>What keeps two presses from being two messages.</summary>
    public static string SourceIdOf(long turnId) => string.Create(CultureInfo.InvariantCulture, $"continue:{turnId}");

    /// <summary>The turn that was cut.</summary>
    public static long TurnOf(Button button) => long.Parse(button.Payload, NumberStyles.None, CultureInfo.InvariantCulture);
}
