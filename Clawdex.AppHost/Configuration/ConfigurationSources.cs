using System.Text.RegularExpressions;
using Clawdex.ServiceDefaults.Settings;
using Microsoft.Extensions.Configuration;

namespace Clawdex.AppHost.Configuration;

/// <summary>Where settings come from, weakest first: config file, fall-back variables, then what the host reads anyway.</summary>
internal static partial class ConfigurationSources
{
    private static readonly Dictionary<string, string> FallBackVariables = new(StringComparer.OrdinalIgnoreCase)
    {
        ["GEMINI_API_KEY"] = "gemini:apiKey",
        ["OPENROUTER_API_KEY"] = "openrouter:apiKey",
        ["TELEGRAM_BOT_TOKEN"] = "channels:telegram:botToken",
    };

    /// <summary>Adds what the config file and the fall-back variables say to what no stronger source has set.</summary>
    /// <remarks>
    /// Weak sources come last here, without what is set already. To insert them first would make the manager read all its
    /// sources again, which forgets what Aspire has set by hand, such as the step that a publisher is to run.
    /// </remarks>
    public static void Add(IConfigurationManager configuration, ConfigFile? file)
    {
        var settings = new ConfigurationBuilder().AddInMemoryCollection(file?.Settings.AsEnumerable()).AddInMemoryCollection(FallBacks(configuration)).Build();
        configuration.AddInMemoryCollection([.. settings.AsEnumerable().Where(setting => setting.Value is not null && !IsSet(configuration, setting.Key))]);
    }

    /// <summary>
    /// Environment variables of this process that a service with these <paramref name="sections"/> must not inherit: secrets of others, and
    /// names of files, because what a file holds is handed on as the secret that it is.
    /// </summary>
    public static IEnumerable<string> SecretVariablesOutside(IReadOnlyList<string> sections) =>
        from variable in Variables()
        where variable.Key.FileOf is not null || variable.Key.IsSecret && !sections.Any(section => variable.Key.Name.StartsWith($"{section}:", StringComparison.Ordinal))
        select variable.Name;

    /// <summary>Environment variables of this process that hold a secret.</summary>
    public static IEnumerable<string> SecretVariables() =>
        from variable in Variables()
        where variable.Key.IsSecret && !string.IsNullOrWhiteSpace(Environment.GetEnvironmentVariable(variable.Name))
        select variable.Name;

    /// <summary>
    /// Takes out of this process's environment what a list does not have: each service would inherit it, and cannot tell it from what it
    /// is handed.
    /// </summary>
    public static void DropOverruledElements(ClawdexSettings settings)
    {
        foreach (var (name, key) in Variables().Where(variable => variable.Key.IsList).ToList())
        {
            var (path, value) = (KeyOf(name), Environment.GetEnvironmentVariable(name));
            if (!settings.NonSecretsBelow(key.Name).Any(kept => kept.Key.Equals(path, StringComparison.OrdinalIgnoreCase) && kept.Value == value))
                Environment.SetEnvironmentVariable(name, null);
        }
    }

    private static IEnumerable<(string Name, SettingKey Key)> Variables() =>
        from name in Environment.GetEnvironmentVariables().Keys.OfType<string>()
        let key = ClawdexKeys.Known.Find(KeyOf(name))
        where key is not null
        select (name, key);

    /// <summary>The key that an environment variable sets, here or in a service: .NET's hosts read prefixes of their own, and Azure's of connection strings.</summary>
    public static string KeyOf(string variable)
    {
        var path = Prefix().Replace(variable, prefix => prefix.Value.EndsWith("CONNSTR_", StringComparison.OrdinalIgnoreCase) ? "ConnectionStrings:" : "").Replace("__", ":", StringComparison.Ordinal);
        return FallBackVariables.GetValueOrDefault(path, path);
    }

    [GeneratedRegex("^(?:DOTNET_|ASPNETCORE_|[A-Z]+CONNSTR_)", RegexOptions.IgnoreCase)]
    private static partial Regex Prefix();

    /// <summary>Secrets on a command line, also by the names that variables and Aspire's parameters have.</summary>
    public static IEnumerable<string> SecretsAmong(IReadOnlyList<string> arguments) =>
    [
        .. ClawdexKeys.Known.SecretsAmong(arguments),
        .. from argument in arguments
           let name = argument.TrimStart('-', '/').Split('=')[0]
           let path = KeyOf(name)
           // Those that have a key's own name are among the others.
           where path != name.Replace("__", ":", StringComparison.Ordinal) && ClawdexKeys.Known.Find(path) is { IsSecret: true } || path.StartsWith("Parameters:", StringComparison.OrdinalIgnoreCase)
           select SettingKeys.OnCommandLine(name, "a file of its own"),
    ];

    private static IEnumerable<KeyValuePair<string, string?>> FallBacks(IConfiguration configuration) =>
        [.. from pair in FallBackVariables
            let value = configuration[pair.Key]
            where !string.IsNullOrWhiteSpace(value)
            select KeyValuePair.Create(pair.Value, (string?)value.Trim())];

    /// <summary>A list comes whole from the strongest source that names any element of it.</summary>
    private static bool IsSet(IConfiguration configuration, string key) =>
        ClawdexKeys.Known.Find(key) is { IsList: true } list
            ? configuration.GetSection(list.Name).GetChildren().Any()
            : configuration[key] is not null;
}
