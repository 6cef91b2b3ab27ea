using System.Text.RegularExpressions;
using Clawdex.Gateway.Telegram;

namespace Clawdex.Gateway.Commands;

/// <summary>A message that starts with a command: <c>/name</c> or <c>/name@bot</c>, then white space or the end.</summary>
/// <param name="Name">In lower case, without the slash.</param>
/// <param name="Bot">The bot it names; null = whoever reads it.</param>
/// <param name="Argument">The rest, trimmed.</param>
internal sealed partial record CommandLine(string Name, string? Bot, string Argument)
{
    /// <summary>Null = plain text, such as <c>/</c>, <c>//</c> or <c>/etc/hosts</c>.</summary>
    public static CommandLine? Parse(string text)
    {
        var match = Shape().Match(text);
        return match.Success
            ? new CommandLine(
                match.Groups["name"].Value.ToLowerInvariant(),
                match.Groups["bot"] is { Success: true, Value: var bot } ? bot : null,
                match.Groups["argument"].Value.Trim())
            : null;
    }

    /// <summary>The command that a message is; null = plain text, as all that somebody else wrote and the sender only passes on.</summary>
    public static CommandLine? Of(InboundMessage message) => message.IsForwarded ? null : Parse(message.Text);

    /// <summary>Whether the command is meant for another bot.</summary>
    public bool IsForAnother(BotIdentity bot) => Bot is not null && !Bot.Equals(bot.Username, StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex(@"\A/(?<name>[A-Za-z0-9_]{1,64})(@(?<bot>[A-Za-z0-9_]{3,64}))?(\s(?<argument>.*))?\z", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex Shape();
}
