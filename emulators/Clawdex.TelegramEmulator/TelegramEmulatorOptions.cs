using Clawdex.Emulators;
using Microsoft.Extensions.Options;

namespace Clawdex.TelegramEmulator;

/// <summary>How the emulator behaves; configuration section <c>emulator</c>.</summary>
public sealed class TelegramEmulatorOptions
{
    public const string Section = "emulator";

    /// <summary>The only token that the Bot API accepts: the bot's id, a colon and anything. A new one at each start, so that no web page can know it.</summary>
    public string Token { get; set; } = $"1:{OwnSiteOnly.NewToken()}";

    /// <summary>What the chat page and other users of the control API must know; a new one at each start.</summary>
    public string PageToken { get; set; } = OwnSiteOnly.NewToken();

    /// <summary>A name besides those of this machine that the emulator answers to; empty = none.</summary>
    public string Host { get; set; } = "";

    /// <summary>The bot's name without the leading @.</summary>
    public string BotUsername { get; set; } = "clawdex_bot";

    public string BotName { get; set; } = "Clawdex";

    /// <summary>
    /// False: in groups the bot sees every message. True: only commands, replies to it and mentions of it, as a real bot with
    /// privacy mode on.
    /// </summary>
    public bool PrivacyMode { get; set; }

    /// <summary>A private chat with a user of this name exists from the first start on; empty = none.</summary>
    public string FirstChat { get; set; } = "";

    /// <summary>True: asked to stop, the emulator stays until the bot's connections are closed, within bounds.</summary>
    public bool OutlivesBot { get; set; }

    /// <summary>Where chats survive a restart; empty = in memory only.</summary>
    public string DataDirectory { get; set; } = "";

    /// <summary>The newest messages that a chat keeps; older ones can be neither edited nor replied to.</summary>
    public int MessagesPerChat { get; set; } = 1_000;

    /// <summary>The newest timeline entries that a chat keeps.</summary>
    public int TimelinePerChat { get; set; } = 2_000;

    public FloodLimits Limits { get; set; } = new();
}

/// <summary>Telegram's flood control. Sends and edits of one chat share one budget; 0 in a limit = unlimited.</summary>
public sealed class FloodLimits
{
    public bool Enabled { get; set; }

    /// <summary>Lasting rate in a private chat.</summary>
    public double ChatPerSecond { get; set; } = 1;

    /// <summary>How many calls a rested private chat takes at once.</summary>
    public int ChatBurst { get; set; } = 3;

    /// <summary>Calls to one group within any 60 seconds.</summary>
    public int GroupPerMinute { get; set; } = 20;

    /// <summary>Seconds added to each <c>retry_after</c>; the real server punishes, often by minutes.</summary>
    public int PenaltySeconds { get; set; }
}

/// <summary>Refuses to start on settings that cannot work, naming every key.</summary>
internal sealed class ValidateTelegramEmulatorOptions : IValidateOptions<TelegramEmulatorOptions>
{
    public ValidateOptionsResult Validate(string? name, TelegramEmulatorOptions options)
    {
        List<string> problems = [];
        var colon = options.Token.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0 || !long.TryParse(options.Token.AsSpan(0, colon), out var id) || id <= 0)
            problems.Add("emulator:token must be a positive number, a colon and a secret");
        if (options.PageToken.Length < 16)
            problems.Add("emulator:pageToken must have at least 16 characters");
        if (options.BotUsername.Length is 0 || !options.BotUsername.All(c => char.IsAsciiLetterOrDigit(c) || c == '_'))
            problems.Add("emulator:botUsername must consist of letters, digits and underscores");
        if (options.BotName.Length is 0)
            problems.Add("emulator:botName must not be empty");
        if (options.MessagesPerChat < 1)
            problems.Add("emulator:messagesPerChat must be at least 1");
        if (options.TimelinePerChat < 1)
            problems.Add("emulator:timelinePerChat must be at least 1");
        if (options.Limits.ChatPerSecond < 0 || options.Limits.ChatBurst < 0 || options.Limits.GroupPerMinute < 0 || options.Limits.PenaltySeconds < 0)
            problems.Add("emulator:limits must not be negative");
        return problems.Count is 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }
}
