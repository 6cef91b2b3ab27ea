using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Configuration;

namespace Clawdex.AppHost.Configuration;

/// <summary>
/// The checked configuration of the whole system. The AppHost reads every source, so that one start-up error lists every
/// problem; each service is then handed only what it needs.
/// </summary>
internal sealed class ClawdexSettings
{
    private const int DefaultChatPort = 8790;

    /// <summary>The user's home folder, even where it does not exist yet.</summary>
    public static string Home { get; } =
        Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);

    private readonly IConfiguration _configuration;

    private ClawdexSettings(IConfiguration configuration) => _configuration = configuration;

    public string? TelegramBotToken => this["channels:telegram:botToken"];

    /// <summary>Without a bot token the local Telegram emulator stands in for Telegram.</summary>
    public bool EmulatesTelegram => TelegramBotToken is null;

    public string? GeminiApiKey => this["gemini:apiKey"];

    public string? OpenRouterApiKey => this["openrouter:apiKey"];

    /// <summary>
    /// Without any provider the local LLM emulator stands in for all of them. A base URL alone is a provider too: a server on
    /// this machine needs no key.
    /// </summary>
    public bool EmulatesModels =>
        (GeminiApiKey ?? OpenRouterApiKey ?? this["gemini:baseUrl"] ?? this["openrouter:baseUrl"]) is null;

    /// <summary>The folder of the database. Emulated chats have one of their own, so that they never mix with real ones.</summary>
    public string DataDirectory => ExpandHome(this["sessions:dataDirectory"] ?? (EmulatesTelegram ? "~/.clawdex/emulator" : "~/.clawdex/data"));

    /// <summary>
    /// TCP port of the emulator's chat page: the same one each time, for a bookmark; null = any free one, which is what
    /// <c>emulators:chatPort=0</c> and the test host ask for.
    /// </summary>
    public int? ChatPort =>
        _configuration["DcpPublisher:RandomizePorts"] is "true" ? null
        : this["emulators:chatPort"] is not { } text ? DefaultChatPort
        : int.TryParse(text, CultureInfo.InvariantCulture, out var port) && port > 0 ? port
        : null;

    /// <summary>Nothing is started here, so what this machine lacks is no problem.</summary>
    private bool IsPublishing => "publish".Equals(_configuration["AppHost:Operation"], StringComparison.OrdinalIgnoreCase);

    /// <summary>A configured value; null when it is absent.</summary>
    public string? this[string key] => string.IsNullOrWhiteSpace(_configuration[key]) ? null : _configuration[key];

    /// <summary>
    /// Adds what the config file and the fall-back variables say to what is not set already, and checks every value.
    /// </summary>
    /// <returns>False when something is wrong; each problem has then been written to <paramref name="errors"/>.</returns>
    public static bool TryLoad(IConfigurationManager configuration, TextWriter errors, [NotNullWhen(true)] out ClawdexSettings? settings)
    {
        var problems = ConfigurationSources.Add(configuration);
        settings = new ClawdexSettings(configuration);
        // Without the file nobody can tell whether the rest is right.
        if (problems is [])
            problems = [.. settings.Check()];
        if (problems is [])
            return true;

        errors.WriteLine("Clawdex cannot start:");
        foreach (var problem in problems)
            errors.WriteLine($"  - {problem}");
        settings = null;
        return false;
    }

    /// <summary>Every configured value below <paramref name="section"/> that is no secret, by its full key.</summary>
    public IEnumerable<KeyValuePair<string, string>> NonSecretsBelow(string section) =>
        from pair in _configuration.GetSection(section).AsEnumerable()
        where pair.Value is not null && SettingKey.Find(pair.Key) is { IsSecret: false }
        select KeyValuePair.Create(pair.Key, pair.Value);

    private IEnumerable<string> Check()
    {
        foreach (var key in SettingKey.All)
            foreach (var problem in Check(key))
                yield return problem;

        if (EmulatesTelegram && this["channels:telegram:apiBaseUrl"] is not null)
            yield return "channels:telegram:apiBaseUrl is set, but channels:telegram:botToken is missing";
        if (EmulatesTelegram && !IsPublishing && ChatPort is { } port && !IsFree(port))
        {
            yield return string.Create(CultureInfo.InvariantCulture,
                $"emulators:chatPort: port {port} is taken by another program (another Clawdex?); end it, or take another port: dotnet run --project Clawdex.AppHost -- --emulators:chatPort={port + 1}");
        }
        foreach (var provider in (string[])["gemini", "openrouter"])
        {
            if (this[$"{provider}:apiKey"] is null
                && Uri.TryCreate(this[$"{provider}:baseUrl"], UriKind.Absolute, out var url) && !url.IsLoopback)
                yield return $"{provider}:baseUrl is set to another machine, but {provider}:apiKey is missing";
        }
    }

    private IEnumerable<string> Check(SettingKey key)
    {
        if (!key.IsList)
            return Check(key, _configuration.GetSection(key.Name));

        var list = _configuration.GetSection(key.Name[..^2]);
        return list.Value is { Length: > 0 }
            ? [$"{list.Path} must be a list"]
            : list.GetChildren().SelectMany(item => Check(key, item));
    }

    private static IEnumerable<string> Check(SettingKey key, IConfigurationSection value) => value switch
    {
        { Value: null } when value.GetChildren().Any() => [$"{value.Path} must be a single value"],
        { Value: null } => [],
        { Value: var text } when string.IsNullOrWhiteSpace(text) => [$"{value.Path} is blank; give it a value or remove it"],
        { Value: var text } => key.Problem(text) is { } problem ? [$"{value.Path} {problem}"] : [],
    };

    private static bool IsFree(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static string ExpandHome(string path) =>
        Path.GetFullPath(path.StartsWith("~/", StringComparison.Ordinal)
            ? Path.Combine(Home, path[2..])
            : path);
}
