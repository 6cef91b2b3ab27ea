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
    private const string Prefix = "continue:";

    /// <summary>What the model reads; no user does.</summary>
    public const string Request = "Your last answer was cut off. Continue exactly where it stopped, without repeating any of it.";

    public static IReadOnlyList<Button> Below(Turn turn, Answer answer) => answer.End is AnswerEnd.Interrupted or AnswerEnd.LengthLimit
        ? [new Button(UserTexts.Continue, SourceIdOf(turn.Id))]
        : [];

    /// <summary>What keeps two presses from being two messages.</summary>
    public static string SourceIdOf(long turnId) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{turnId}");

    /// <summary>The turn that was cut, as the press says: a client may send any number. Null = another button.</summary>
    public static long? TurnOf(string buttonData) =>
        buttonData.StartsWith(Prefix, StringComparison.Ordinal)
        && long.TryParse(buttonData.AsSpan(Prefix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var turnId) && turnId > 0
            ? turnId
            : null;
}
