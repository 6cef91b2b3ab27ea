using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Clawdex.Gateway;
using Clawdex.ServiceDefaults.Settings;
using Clawdex.SessionService;
using Microsoft.Extensions.Configuration;

namespace Clawdex.AppHost.Configuration;

/// <summary>
/// The checked configuration of the whole system. The AppHost reads every source, so that one start-up error lists every
/// problem; each service is then handed only what it needs.
/// </summary>
internal sealed class ClawdexSettings
{
    private readonly IConfiguration _configuration;
    private readonly bool _isStarting;

    private ClawdexSettings(IConfiguration configuration, bool isStarting)
    {
        (_configuration, _isStarting) = (configuration, isStarting);
        Providers = new ProviderSettings(this);
    }

    public string? TelegramBotToken => this["channels:telegram:botToken"];

    /// <summary>Without a bot token the local Telegram emulator stands in for Telegram.</summary>
    public bool EmulatesTelegram => TelegramBotToken is null;

    /// <summary>The settings name nobody who may use the bot, and let not everybody own it.</summary>
    public bool NamesNobody =>
        !(NonSecretsBelow("channels:telegram:allowedUsers").Any(user => user.Value != UserIdAttribute.Everyone)
            || IsTrue("channels:telegram:everyoneIsOwner"));

    public string? GeminiApiKey => this["gemini:apiKey"];

    public string? OpenRouterApiKey => this["openrouter:apiKey"];

    public ProviderSettings Providers { get; }

    /// <summary>Without any provider the local LLM emulator stands in for all of them.</summary>
    public bool EmulatesModels => Providers.IsEmpty;

    /// <summary>The config file, if it holds keys or tokens.</summary>
    public string? SecretsFile { get; private init; }

    /// <summary>The folder of the database. Emulated chats have one of their own, so that they never mix with real ones.</summary>
    public string DataDirectory => UserPath.Expand(this["sessions:dataDirectory"] ?? (EmulatesTelegram ? "~/.clawdex/emulator" : "~/.clawdex/data"));

    /// <summary>The connection string of the operator's own PostgreSQL server; null = there is none.</summary>
    public string? PostgresServer => this["ConnectionStrings:sessions"];

    /// <summary>Whether PostgreSQL is started in a container.</summary>
    public bool StartsPostgres => IsTrue("local:postgres");

    /// <summary>PostgreSQL keeps the conversations; if not, SQLite in <see cref="DataDirectory"/> does.</summary>
    public bool UsesPostgres => PostgresServer is not null || StartsPostgres;

    /// <summary>How many processes of each service run on this machine.</summary>
    public int Replicas => int.TryParse(this["local:replicas"], CultureInfo.InvariantCulture, out var count) ? count : new LocalOptions().Replicas;

    /// <summary>
    /// TCP port of the emulator's chat page: the same one each time, for a bookmark; null = any free one, which is what
    /// <c>emulators:chatPort=0</c> and the test host ask for.
    /// </summary>
    public int? ChatPort =>
        _configuration["DcpPublisher:RandomizePorts"] is "true" ? null
        : this["emulators:chatPort"] is not { } text ? new EmulatorsOptions().ChatPort
        : int.TryParse(text, CultureInfo.InvariantCulture, out var port) && port > 0 ? port
        : null;

    /// <summary>A configured value; null when it is absent.</summary>
    public string? this[string key] => string.IsNullOrWhiteSpace(_configuration[key]) ? null : _configuration[key];

    public bool IsTrue(string key) => _configuration.IsTrue(key);

    /// <summary>
    /// Adds what the config file and the fall-back variables say to what is not set already, and checks every value.
    /// </summary>
    /// <returns>False when something is wrong; each problem has then been written to <paramref name="errors"/>.</returns>
    public static bool TryLoad(IConfigurationManager configuration, TextWriter errors, [NotNullWhen(true)] out ClawdexSettings? settings)
    {
        // Nothing is started when a manifest is written, so what this machine lacks is no problem.
        var isStarting = !"publish".Equals(configuration["AppHost:Operation"], StringComparison.OrdinalIgnoreCase);
        settings = Load(configuration, Environment.GetCommandLineArgs(), isStarting, out var problems);
        if (problems.Count > 0)
            settings = null;
        return settings is not null || Refuse(errors, problems);
    }

    /// <param name="configuration">What the host has read; config file, fall-back variables and files of secrets are added to it.</param>
    /// <param name="arguments">The process's command line.</param>
    /// <param name="isStarting">Whether this machine has to be able to run it now. If not, nobody is asked anything.</param>
    /// <param name="problems">All that is wrong.</param>
    /// <returns>Null when the config file cannot be read: without it nobody can tell what the rest means.</returns>
    public static ClawdexSettings? Load(IConfigurationManager configuration, IReadOnlyList<string> arguments, bool isStarting, out IReadOnlyList<string> problems)
    {
        if (ConfigFile.Read(configuration, out var file) is { } unreadable)
        {
            problems = [unreadable];
            return null;
        }

        ConfigurationSources.Add(configuration, file);
        var unreadFiles = SecretFiles.Read(configuration, ClawdexKeys.Known.All);
        var settings = new ClawdexSettings(configuration, isStarting) { SecretsFile = file is { HoldsSecrets: true } ? file.FullPath : null };
        problems = [.. ConfigurationSources.SecretsAmong(arguments), .. unreadFiles, .. settings.Check(file)];
        return settings;
    }

    /// <summary>Says why nothing is started. Always false.</summary>
    public static bool Refuse(TextWriter errors, IEnumerable<string> problems)
    {
        errors.WriteLine("Clawdex cannot start:");
        foreach (var problem in problems)
            errors.WriteLine($"  - {problem}");
        return false;
    }

    /// <summary>The values of a list; empty when it is absent.</summary>
    public IReadOnlyList<string> ListOf(string key) => [.. NonSecretsBelow(key).Select(item => item.Value)];

    /// <summary>Every configured value below <paramref name="section"/> that is no secret, by its full key. A file of a secret has been read here.</summary>
    public IEnumerable<KeyValuePair<string, string>> NonSecretsBelow(string section) =>
        from pair in ClawdexKeys.Known.ValuesBelow(_configuration, section)
        where ClawdexKeys.Known.Find(pair.Key) is { IsSecret: false, FileOf: null } key && (!key.IsList || pair.Key.Length > key.Name.Length)
        select KeyValuePair.Create(pair.Key, pair.Value);

    private IEnumerable<string> Check(ConfigFile? file) =>
    [
        .. file?.Problems() ?? [],
        .. ClawdexKeys.Known.ProblemsOf(_configuration, path => SettingOrigin.Of(_configuration, path) ?? file?.OriginOf(path)),
        // What the file says outside our sections is judged by the file.
        .. from path in ClawdexKeys.Known.MisspeltIn(_configuration)
           where file?.OriginOf(path) is null
           select ClawdexKeys.Known.Unknown(path, SettingOrigin.Of(_configuration, path)),
        .. from key in ClawdexKeys.Known.All
           where key is { IsList: false } && key.ValueType == typeof(string) && _configuration[key.Name] is { } text && string.IsNullOrWhiteSpace(text)
           select $"{key.Name} is blank; give it a value or remove it",
        .. StoreProblems(),
        .. TelegramOptions.ProblemOfOwners(IsTrue("channels:telegram:everyoneIsOwner"), this["channels:telegram:apiBaseUrl"]) is { } open ? (string[])[open] : [],
        .. _isStarting ? LocalProblems() : [],
        .. EmulatorProblems(),
        .. _isStarting ? Providers.Problems() : [],
    ];

    private IEnumerable<string> StoreProblems()
    {
        if (PostgresServer is not { } server)
            yield break;
        if (!StoreOptions.NamesPostgres(server))
            yield return "ConnectionStrings:sessions must name a PostgreSQL server (Host=...); SQLite's place is sessions:dataDirectory";
        else if (PostgresConnection.ProblemOf(server) is { } problem)
            yield return $"ConnectionStrings:sessions: {problem}";
    }

    private IEnumerable<string> LocalProblems()
    {
        if (StartsPostgres && PostgresServer is not null)
            yield return "local:postgres starts a server, and ConnectionStrings:sessions names another one; remove one of them";
        if (Replicas <= 1)
            yield break;
        if (!UsesPostgres)
            yield return "local:replicas needs PostgreSQL: set ConnectionStrings:sessions to a server (Host=...), or local:postgres=true where containers can run";
        // The link that makes an owner is drawn by one gateway, and another one may get the message of who opens it.
        if (!EmulatesTelegram && NamesNobody && this["channels:telegram:claim"] is null)
            yield return "local:replicas needs an owner whom every gateway knows: name him in channels:telegram:allowedUsers, or set channels:telegram:claim";
    }

    private IEnumerable<string> EmulatorProblems()
    {
        if (EmulatesTelegram && this["channels:telegram:apiBaseUrl"] is not null)
            yield return "channels:telegram:apiBaseUrl is set, but channels:telegram:botToken is missing";
        if (EmulatesTelegram && _isStarting && ChatPort is { } port && PortProblem(port) is { } problem)
            yield return $"{problem}: dotnet run --project Clawdex.AppHost -- --emulators:chatPort={OtherPort(port).ToString(CultureInfo.InvariantCulture)}";
    }

    /// <summary>Why nobody can listen there, and what to do; null = somebody can.</summary>
    private static string? PortProblem(int port)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, port);
            listener.Start();
            return null;
        }
        catch (SocketException error)
        {
            var why = error.SocketErrorCode is SocketError.AccessDenied
                ? "may not be opened by this account; take"
                : "is taken by another program (another Clawdex?); end it, or take";
            return string.Create(CultureInfo.InvariantCulture, $"emulators:chatPort: port {port} {why} another port");
        }
    }

    /// <summary>One beside it that everybody may open, and that there is.</summary>
    private static int OtherPort(int port) => port is < 1024 or IPEndPoint.MaxPort ? new EmulatorsOptions().ChatPort : port + 1;
}
