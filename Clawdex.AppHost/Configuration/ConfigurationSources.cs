using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace Clawdex.AppHost.Configuration;

/// <summary>Where settings come from, weakest first: config file, fall-back variables, then what the host reads anyway.</summary>
internal static class ConfigurationSources
{
    private const string PathVariable = "CLAWDEX_CONFIG_PATH";

    private static readonly Dictionary<string, string> FallBackVariables = new()
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
    /// <returns>What is wrong with the config file, with its path and, where known, the line.</returns>
    public static IReadOnlyList<string> Add(IConfigurationManager configuration)
    {
        var weak = new ConfigurationBuilder();
        var explicitPath = configuration[PathVariable];
        var path = string.IsNullOrWhiteSpace(explicitPath) ? DefaultPath() : Path.GetFullPath(explicitPath);
        if (File.Exists(path))
        {
            if (Read(path, out var json) is { } problem)
                return [problem];
            weak.AddJsonStream(new MemoryStream(json));
        }
        else if (!string.IsNullOrWhiteSpace(explicitPath))
        {
            return [$"{PathVariable} names {path}, which is not a file"];
        }

        try
        {
            var settings = weak.AddInMemoryCollection(FallBacks(configuration)).Build();
            configuration.AddInMemoryCollection([.. settings.AsEnumerable().Where(setting => setting.Value is not null && !IsSet(configuration, setting.Key))]);
            return [];
        }
        catch (FormatException exception)
        {
            // What is valid JSON but no valid configuration, such as the same key twice.
            return [$"{path}: {exception.Message}"];
        }
    }

    /// <summary>Environment variables of this process that hold a secret whose key is below none of <paramref name="sections"/>.</summary>
    public static IEnumerable<string> SecretVariablesOutside(IReadOnlyList<string> sections) =>
        from variable in Environment.GetEnvironmentVariables().Keys.OfType<string>()
        let key = FallBackVariables.GetValueOrDefault(variable) ?? variable.Replace("__", ":", StringComparison.Ordinal)
        where SettingKey.Find(key) is { IsSecret: true }
            && !sections.Any(section => key.StartsWith($"{section}:", StringComparison.OrdinalIgnoreCase))
        select variable;

    private static string DefaultPath() =>
        Path.Combine(ClawdexSettings.Home, ".clawdex", "config.json");

    private static IEnumerable<KeyValuePair<string, string?>> FallBacks(IConfiguration configuration) =>
        [.. from pair in FallBackVariables
            let value = configuration[pair.Key]
            where !string.IsNullOrWhiteSpace(value)
            select KeyValuePair.Create(pair.Value, (string?)value.Trim())];

    /// <summary>Parses the file once by itself: the configuration system's own error says neither line nor cause in one place.</summary>
    private static string? Read(string path, out byte[] json)
    {
        json = [];
        try
        {
            json = File.ReadAllBytes(path);
            using var document = JsonDocument.Parse(new MemoryStream(json), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            return document.RootElement.ValueKind is JsonValueKind.Object ? null : $"{path}: the file must hold a JSON object";
        }
        catch (JsonException exception)
        {
            // The parser counts lines from 0; its message may quote one character, never a value.
            return string.Create(CultureInfo.InvariantCulture, $"{path}, line {exception.LineNumber + 1}: this is not valid JSON (position {exception.BytePositionInLine + 1})");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"{path} cannot be read: {exception.Message}";
        }
    }

    /// <summary>A list comes whole from the strongest source that names any element of it.</summary>
    private static bool IsSet(IConfiguration configuration, string key) =>
        SettingKey.Find(key) is { IsList: true }
            ? configuration.GetSection(ConfigurationPath.GetParentPath(key) ?? "").Exists()
            : configuration[key] is not null;
}
