using System.Globalization;
using System.Text.RegularExpressions;

namespace Clawdex.AppHost.Configuration;

/// <summary>
/// One configuration key that Clawdex knows, and what its value must look like. <see cref="All"/> is the list that the start
/// is checked against and that docs/configuration.md describes.
/// </summary>
/// <param name="Name">The key in .NET form, e.g. <c>channels:telegram:botToken</c>; a list ends with <c>:*</c>.</param>
/// <param name="IsSecret">The value is never printed and is handed on as a secret parameter only.</param>
/// <param name="Problem">Says what is wrong with a value that is not blank, without repeating it; null when it is fine.</param>
internal sealed partial record SettingKey(string Name, bool IsSecret, Func<string, string?> Problem)
{
    public static IReadOnlyList<SettingKey> All { get; } =
    [
        Text("agent:model"),
        Text("agent:systemPrompt"),
        Text("agent:fallbackModels:*"),
        Integer("agent:maxHistoryMessages", 1, 10_000),
        Integer("agent:contextWindowPercent", 1, 100),
        Secret("gemini:apiKey"),
        HttpUrl("gemini:baseUrl"),
        Secret("openrouter:apiKey"),
        HttpUrl("openrouter:baseUrl"),
        Integer("llm:idleTimeoutSeconds", 1, 3_600),
        Integer("llm:retryAttempts", 0, 10),
        Integer("llm:retryBudgetSeconds", 0, 600),
        Integer("llm:catalogueRefreshHours", 0, 720),
        Text("llm:dataDirectory"),
        new("channels:telegram:botToken", true, value =>
            BotToken().IsMatch(value) ? null : "is not a bot token; @BotFather gives one like 123456:ABC"),
        HttpUrl("channels:telegram:apiBaseUrl"),
        new("channels:telegram:allowedUsers:*", false, value =>
            long.TryParse(value, CultureInfo.InvariantCulture, out _) ? null : "must be a numeric Telegram user id"),
        Integer("channels:telegram:editIntervalMs", 50, 60_000),
        Integer("channels:telegram:editChars", 1, 4_096),
        Integer("channels:telegram:recoverMinutes", 1, 1_440),
        Number("channels:telegram:limits:chatPerSecond", 0, 1_000),
        Integer("channels:telegram:limits:chatBurst", 0, 1_000),
        Number("channels:telegram:limits:groupPerMinute", 0, 10_000),
        HttpUrl("channels:telegram:webhookUrl"),
        Secret("channels:telegram:webhookSecret"),
        Text("sessions:dataDirectory"),
        Integer("sessions:idleMinutes", 1, 100_000),
        Integer("sessions:cacheMegabytes", 1, 100_000),
        Integer("sessions:retainDays", 0, 36_500),
        Integer("emulators:chatPort", 0, 65_535),
        Integer("emulators:delayMs", 0, 60_000),
    ];

    /// <summary>The key names the elements of a list.</summary>
    public bool IsList => Name.EndsWith(":*", StringComparison.Ordinal);

    /// <summary>The key that a configuration path, such as <c>channels:telegram:allowedUsers:0</c>, is a value of.</summary>
    public static SettingKey? Find(string path) => All.FirstOrDefault(key => key.Matches(path));

    private bool Matches(string path) =>
        IsList
            ? path.LastIndexOf(':') is var end and > 0
                && path.AsSpan(0, end).Equals(Name.AsSpan(0, Name.Length - 2), StringComparison.OrdinalIgnoreCase)
            : path.Equals(Name, StringComparison.OrdinalIgnoreCase);

    private static SettingKey Text(string name) => new(name, false, _ => null);

    private static SettingKey Secret(string name) => new(name, true, value =>
        value.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)) ? "must not contain blanks or control characters" : null);

    private static SettingKey HttpUrl(string name) => new(name, false, value =>
        Uri.TryCreate(value, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? null
            : "must be an absolute http or https URL");

    private static SettingKey Integer(string name, int min, int max) => new(name, false, value =>
        int.TryParse(value, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"must be a whole number from {min} to {max}"));

    private static SettingKey Number(string name, int min, int max) => new(name, false, value =>
        double.TryParse(value, CultureInfo.InvariantCulture, out var number) && number >= min && number <= max
            ? null
            : string.Create(CultureInfo.InvariantCulture, $"must be a number from {min} to {max}"));

    [GeneratedRegex(@"^\d+:\S+$")]
    private static partial Regex BotToken();
}
