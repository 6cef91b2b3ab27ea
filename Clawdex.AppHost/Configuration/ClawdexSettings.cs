using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Clawdex.Gateway;
using Clawdex.ServiceDefaults.Settings;
using Microsoft.Extensions.Configuration;

namespace Clawdex.AppHost.Configuration;

/// <summary>
/// The checked configuration of the whole system. The AppHost reads every source, so that one start-up error lists every
/// problem; each service is then handed only what it needs.
/// </summary>
internal sealed class ClawdexSettings
{
    private readonly IConfiguration _configuration;

    private ClawdexSettings(IConfiguration configuration)
    {
        _configuration = configuration;
        Providers = new ProviderSettings(this);
    }

    public string? TelegramBotToken => this["channels:telegram:botToken"];

    /// <summary>Without a bot token the local Telegram emulator stands in for Telegram.</summary>
    public bool EmulatesTelegram => TelegramBotToken is null;

    /// <summary>The settings name nobody who may use the bot, and let not everybody own it.</summary>
    public bool NamesNobody =>
        !(NonSecretsBelow("channels:telegram:allowedUsers").Any(user => user.Value != UserIdAttribute.Everyone)
            || "true".Equals(this["channels:telegram:everyoneIsOwner"], StringComparison.OrdinalIgnoreCase));

    public string? GeminiApiKey => this["gemini:apiKey"];

    public string? OpenRouterApiKey => this["openrouter:apiKey"];

    public ProviderSettings Providers { get; }

    /// <summary>Without any provider the local LLM emulator stands in for all of them.</summary>
    public bool EmulatesModels => Providers.IsEmpty;

    /// <summary>The config file, if it holds keys or tokens.</summary>
    public string? SecretsFile { get; private init; }

    /// <summary>The folder of the database. Emulated chats have one of their own, so that they never mix with real ones.</summary>
    public string DataDirectory => UserPath.Expand(this["sessions:dataDirectory"] ?? (EmulatesTelegram ? "~/.clawdex/emulator" : "~/.clawdex/data"));

    /// <summary>
    /// TCP port of the emulator's chat page: the same one each time, for a bookmark; null = any free one, which is what
    /// <c>emulators:chatPort=0</c> and the test host ask for.
    /// </summary>
    public int? ChatPort =>
        _configuration["DcpPublisher:RandomizePorts"] is "true" ? null
        : this["emulators:chatPort"] is not { } text ? new EmulatorsOptions().ChatPort
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
        settings = null;
        // Without the file nobody can tell whether the rest is right.
        if (ConfigFile.Read(configuration, out var file) is { } unreadable)
            return Refuse(errors, [unreadable]);

        ConfigurationSources.Add(configuration, file);
        var loaded = new ClawdexSettings(configuration) { SecretsFile = file is { HoldsSecrets: true } ? file.FullPath : null };
        if (loaded.Check(file).ToList() is { Count: > 0 } problems)
            return Refuse(errors, problems);
        settings = loaded;
        return true;
    }

    /// <summary>Says why nothing is started. Always false.</summary>
    public static bool Refuse(TextWriter errors, IEnumerable<string> problems)
    {
        errors.WriteLine("Clawdex cannot start:");
        foreach (var problem in problems)
            errors.WriteLine($"  - {problem}");
        return false;
    }

    /// <summary>Every configured value below <paramref name="section"/> that is no secret, by its full key.</summary>
    public IEnumerable<KeyValuePair<string, string>> NonSecretsBelow(string section) =>
        from pair in _configuration.GetSection(section).AsEnumerable()
        where pair.Value is not null && ClawdexKeys.Known.Find(pair.Key) is { IsSecret: false } key && (!key.IsList || pair.Key.Length > key.Name.Length)
        select KeyValuePair.Create(pair.Key, pair.Value);

    private IEnumerable<string> Check(ConfigFile? file) =>
    [
        .. file?.Problems() ?? [],
        .. ClawdexKeys.Known.ProblemsOf(_configuration, path => SettingOrigin.Of(_configuration, path) ?? file?.OriginOf(path)),
        .. from key in ClawdexKeys.Known.All
           where key is { IsList: false } && key.ValueType == typeof(string) && _configuration[key.Name] is { } text && string.IsNullOrWhiteSpace(text)
           select $"{key.Name} is blank; give it a value or remove it",
        .. EmulatorProblems(),
        .. IsPublishing ? [] : Providers.Problems(),
    ];

    private IEnumerable<string> EmulatorProblems()
    {
        if (EmulatesTelegram && this["channels:telegram:apiBaseUrl"] is not null)
            yield return "channels:telegram:apiBaseUrl is set, but channels:telegram:botToken is missing";
        if (EmulatesTelegram && !IsPublishing && ChatPort is { } port && !IsFree(port))
        {
            yield return string.Create(CultureInfo.InvariantCulture,
                $"emulators:chatPort: port {port} is taken by another program (another Clawdex?); end it, or take another port: dotnet run --project Clawdex.AppHost -- --emulators:chatPort={port + 1}");
        }
    }

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
}
