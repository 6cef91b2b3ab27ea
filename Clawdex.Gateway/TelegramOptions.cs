using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace Clawdex.Gateway;

/// <summary>The bot, whom it answers and how fast it may write.</summary>
internal sealed class TelegramOptions
{
    public const string Section = "channels:telegram";

    /// <summary>As @BotFather gave it, <c>123456:ABC…</c>. A secret: never logged, never part of an error.</summary>
    public string BotToken { get; set; } = "";

    /// <summary>Scheme and authority of a Bot API server, without a path.</summary>
    public string ApiBaseUrl { get; set; } = OfficialApi;

    /// <summary>User ids that the bot answers; empty = everyone.</summary>
    public long[] AllowedUsers { get; set; } = [];

    /// <summary>An edit is due this long after the last chunk, 50 to 60,000 ms.</summary>
    public int EditIntervalMs { get; set; } = 500;

    /// <summary>An edit is due as soon as this many new characters wait, 1 to 4,096.</summary>
    public int EditChars { get; set; } = 100;

    /// <summary>Minutes, 1 to 1,440: what was left open or unread for longer is not answered any more, because nobody waits for it.</summary>
    public int RecoverMinutes { get; set; } = 30;

    public TelegramLimits Limits { get; set; } = new();

    /// <summary>Public HTTPS URL at which Telegram delivers updates; empty = long polling.</summary>
    public string? WebhookUrl { get; set; }

    /// <summary>What Telegram sends with each webhook call, 1 to 256 of <c>A-Z a-z 0-9 _ -</c>; empty = a new one at each start.</summary>
    public string? WebhookSecret { get; set; }

    public const string OfficialApi = "https://api.telegram.org";

    public TimeSpan RecoverWithin => TimeSpan.FromMinutes(RecoverMinutes);

    public bool UsesWebhook => !string.IsNullOrWhiteSpace(WebhookUrl);
}

/// <summary>Sends and edits that Telegram tolerates; 0 = unlimited.</summary>
internal sealed class TelegramLimits
{
    public double ChatPerSecond { get; set; } = 1;

    public int ChatBurst { get; set; } = 5;

    public int GroupPerMinute { get; set; } = 20;
}

/// <summary>Names every problem of <see cref="TelegramOptions"/> by its configuration key, never by a secret's value.</summary>
internal sealed partial class ValidateTelegramOptions : IValidateOptions<TelegramOptions>
{
    public ValidateOptionsResult Validate(string? name, TelegramOptions options)
    {
        List<string> problems = [];

        if (string.IsNullOrWhiteSpace(options.BotToken))
            problems.Add("channels:telegram:botToken is missing: get one from @BotFather");
        else if (!BotToken().IsMatch(options.BotToken))
            problems.Add("channels:telegram:botToken is malformed: it looks like 123456:ABC-def");
        if (!IsServer(options.ApiBaseUrl))
            problems.Add($"channels:telegram:apiBaseUrl must be an http(s) URL without a path, such as {TelegramOptions.OfficialApi}");
        if (options.AllowedUsers.Any(id => id <= 0))
            problems.Add("channels:telegram:allowedUsers must hold positive user ids");
        if (options.EditIntervalMs is < 50 or > 60_000)
            problems.Add("channels:telegram:editIntervalMs must be 50 to 60000");
        if (options.EditChars is < 1 or > 4096)
            problems.Add("channels:telegram:editChars must be 1 to 4096");
        if (options.RecoverMinutes is < 1 or > 1440)
            problems.Add("channels:telegram:recoverMinutes must be 1 to 1440");
        if (options.Limits.ChatPerSecond is not (>= 0 and <= 1000))
            problems.Add("channels:telegram:limits:chatPerSecond must be 0 to 1000");
        if (options.Limits.ChatBurst is < 0 or > 1000)
            problems.Add("channels:telegram:limits:chatBurst must be 0 to 1000");
        if (options.Limits.GroupPerMinute is < 0 or > 60_000)
            problems.Add("channels:telegram:limits:groupPerMinute must be 0 to 60000");
        if (options.UsesWebhook && !IsWebhook(options.WebhookUrl))
            problems.Add("channels:telegram:webhookUrl must be an http(s) URL with a path, such as https://bot.example.org/telegram");
        if (!string.IsNullOrEmpty(options.WebhookSecret) && !WebhookSecret().IsMatch(options.WebhookSecret))
            problems.Add("channels:telegram:webhookSecret must be 1 to 256 characters of A-Z, a-z, 0-9, _ and -");

        return problems.Count == 0 ? ValidateOptionsResult.Success : ValidateOptionsResult.Fail(problems);
    }

    private static bool IsServer(string? url) => IsHttp(url, out var uri) && uri is { AbsolutePath: "/", Query: "", Fragment: "" };

    // A local Bot API server accepts plain http, so https is not demanded here; Telegram's own refuses it by itself.
    private static bool IsWebhook(string? url) => IsHttp(url, out var uri) && uri.AbsolutePath.Length > 1 && uri.Fragment.Length == 0;

    private static bool IsHttp(string? url, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out Uri? uri) =>
        Uri.TryCreate(url, UriKind.Absolute, out uri) && (uri.Scheme == Uri.UriSchemeHttp || uri.Scheme == Uri.UriSchemeHttps);

    [GeneratedRegex(@"\A[0-9]{1,16}:[A-Za-z0-9_-]+\z")]
    private static partial Regex BotToken();

    [GeneratedRegex(@"\A[A-Za-z0-9_-]{1,256}\z")]
    private static partial Regex WebhookSecret();
}
