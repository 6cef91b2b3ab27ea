using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Clawdex.ServiceDefaults.Settings;

namespace Clawdex.Gateway;

/// <summary>The bot, whom it answers and how fast it may write. The AppHost compiles it too.</summary>
internal sealed class TelegramOptions
{
    public const string Section = "channels:telegram";

    /// <summary>As @BotFather gave it, <c>123456:ABC…</c>. Never logged, never part of an error.</summary>
    [Secret]
    [Required(ErrorMessage = "is missing: get one from @BotFather")]
    [RegularExpression("[0-9]{1,16}:[A-Za-z0-9_-]+", ErrorMessage = "is not a bot token; @BotFather gives one like 123456:ABC-def")]
    public string BotToken { get; set; } = "";

    /// <summary>Scheme and authority of a Bot API server.</summary>
    [HttpUrl(UrlPath.None, CarriesSecrets = true)]
    public string ApiBaseUrl { get; set => field = string.IsNullOrWhiteSpace(value) ? OfficialApi : value; } = OfficialApi;

    /// <summary>Whether <see cref="ApiBaseUrl"/> may be http on another machine.</summary>
    public bool AllowInsecure { get; set; }

    /// <summary>User ids that the bot answers and nobody beside them, the owner's first, or <c>*</c> for everyone; empty = the owner, who claims it, and whom he lets in.</summary>
    [UserId]
    public string[] AllowedUsers { get; set; } = [];

    /// <summary>What follows <c>claim_</c> in the link that makes its first opener the owner; empty = it is drawn on request.</summary>
    [Secret]
    [RegularExpression("[A-Za-z0-9_-]{22,58}", ErrorMessage = "must be 22 to 58 characters of A-Z, a-z, 0-9, _ and -")]
    public string? Claim { get; set; }

    /// <summary>Whether the owner is asked to let in a stranger who writes.</summary>
    public bool AllowRequests { get; set; }

    /// <summary>Whoever writes is the owner: for an emulator on this machine, whose users are one person.</summary>
    public bool EveryoneIsOwner { get; set; }

    /// <summary>Milliseconds: an edit is due this long after the last chunk.</summary>
    [Range(50, 60_000)]
    public int EditIntervalMs { get; set; } = 500;

    /// <summary>An edit is due as soon as this many new characters wait.</summary>
    [Range(1, 4_096)]
    public int EditChars { get; set; } = 100;

    /// <summary>Whether an answer with a table, boxes of tasks, a formula or details ends as a rich message, which not every client shows.</summary>
    public bool RichMessages { get; set; }

    /// <summary>Minutes: what was left open or unread for longer is not answered any more, because nobody waits for it.</summary>
    [Range(1, 1_440)]
    [FormerName("channels:telegram:recoverMinutes")]
    public int AnswerWithinMinutes { get; set; } = 30;

    public TelegramLimits Limits { get; set; } = new();

    /// <summary>Public HTTPS URL at which Telegram delivers updates; empty = long polling.</summary>
    /// <remarks>A local Bot API server accepts plain http, so https is not demanded here; Telegram's own refuses it by itself.</remarks>
    [HttpUrl(UrlPath.Required)]
    public string? WebhookUrl { get; set; }

    /// <summary>What Telegram sends with each webhook call; empty = one that comes from the bot's token, so that all gateways of the bot take it.</summary>
    [Secret]
    [RegularExpression("[A-Za-z0-9_-]{16,256}", ErrorMessage = "must be 16 to 256 characters of A-Z, a-z, 0-9, _ and -")]
    public string? WebhookSecret { get; set; }

    public const string OfficialApi = "https://api.telegram.org";

    public TimeSpan AnswerWithin => TimeSpan.FromMinutes(AnswerWithinMinutes);

    public bool AllowsEveryone => EveryoneIsOwner || AllowedUsers.Contains(UserIdAttribute.Everyone);

    /// <summary>Who is allowed by name, in the order of the settings.</summary>
    public IEnumerable<long> NamedUsers => AllowedUsers.Where(user => user != UserIdAttribute.Everyone).Select(user => long.Parse(user, CultureInfo.InvariantCulture));

    /// <summary>Whether the owner is who claims it, because the settings name nobody.</summary>
    public bool IsClaimable => !EveryoneIsOwner && !NamedUsers.Any();

    /// <summary>Says why nothing must start: whoever writes would own a bot that all of Telegram can write to. Null = it may.</summary>
    public static string? ProblemOfOwners(bool everyoneIsOwner, string? apiBaseUrl) =>
        everyoneIsOwner && !(Uri.TryCreate(apiBaseUrl, UriKind.Absolute, out var url) && url.IsLoopback)
            ? $"{Section}:everyoneIsOwner is for an emulator on this machine, at {Section}:apiBaseUrl: everyone on Telegram would own this bot. Remove it; a * in {Section}:allowedUsers lets everyone use the bot"
            : null;

    /// <summary>A key of this bot for one purpose: all of its gateways have the same, and a restart keeps it.</summary>
    public byte[] KeyFor(string purpose) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(BotToken), SHA256.HashSizeInBytes, info: Encoding.UTF8.GetBytes(purpose));

    public bool UsesWebhook => !string.IsNullOrWhiteSpace(WebhookUrl);
}

/// <summary>Sends and edits that Telegram tolerates; 0 = unlimited.</summary>
internal sealed class TelegramLimits
{
    [Range(0d, 1_000d)]
    public double ChatPerSecond { get; set; } = 1;

    [Range(0, 1_000)]
    public int ChatBurst { get; set; } = 5;

    [Range(0, 60_000)]
    public int GroupPerMinute { get; set; } = 20;
}

/// <summary>The number of a Telegram user, or <c>*</c>.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class UserIdAttribute() : ValidationAttribute("must be a numeric Telegram user id, which is positive, or * for everyone")
{
    public const string Everyone = "*";

    public override bool IsValid(object? value) =>
        value is Everyone || value is string text && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id > 0;
}
