using System.Text.Json;
using Clawdex.ServiceDefaults.Settings;
using Microsoft.Extensions.Configuration;

namespace Clawdex.AppHost.Configuration;

/// <summary>The config file, with the line of each key.</summary>
internal sealed class ConfigFile
{
    private const string PathVariable = "CLAWDEX_CONFIG_PATH";

    /// <summary>Sections and variables of .NET and Aspire, which judge them themselves, and what editors know a file's schema by.</summary>
    private static readonly string[] Foreign = ["$schema", "Logging", "Kestrel", "Aspire"];

    private static readonly string[] ForeignPrefixes = ["OTEL_", "ASPIRE_", "DOTNET_", "ASPNETCORE_"];

    private readonly string _path;
    private readonly ILookup<string, int> _lines;

    private ConfigFile(string path, byte[] json)
    {
        _path = path;
        _lines = SettingOrigin.Lines(json);
        Settings = new ConfigurationBuilder().AddJsonStream(new MemoryStream(json)).Build();
        foreach (var setting in Settings.AsEnumerable().Where(setting => setting.Value is null && !Settings.GetSection(setting.Key).GetChildren().Any()).ToList())
            Settings[setting.Key] = "";
    }

    /// <summary>What it says. A null is a blank value: as none, it would be ignored with the key that holds it.</summary>
    public IConfiguration Settings { get; }

    public string FullPath => Path.GetFullPath(_path);

    public bool HoldsSecrets => Settings.AsEnumerable().Any(setting => setting.Value is { Length: > 0 } && ClawdexKeys.Known.Find(setting.Key) is { IsSecret: true });

    /// <summary>
    /// Reads the file that <c>CLAWDEX_CONFIG_PATH</c> names, or <c>~/.clawdex/config.json</c>; null = there is none.
    /// </summary>
    /// <returns>What is wrong with the file, with its path and, where known, the line; null = nothing.</returns>
    public static string? Read(IConfiguration configuration, out ConfigFile? file)
    {
        file = null;
        var explicitPath = configuration[PathVariable];
        var path = UserPath.Expand(string.IsNullOrWhiteSpace(explicitPath) ? "~/.clawdex/config.json" : explicitPath);
        if (!File.Exists(path))
            return string.IsNullOrWhiteSpace(explicitPath) ? null : $"{PathVariable} names {path}, which is not a file";

        byte[] json = [];
        try
        {
            json = File.ReadAllBytes(path);
            // By itself at first: the configuration system's own error says neither line nor cause in one place.
            using var document = JsonDocument.Parse(new MemoryStream(json), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            if (document.RootElement.ValueKind is not JsonValueKind.Object)
                return $"{path}: the file must hold a JSON object";
            file = new ConfigFile(path, json);
            return null;
        }
        catch (JsonException exception) when (exception.Path is { } key)
        {
            return $"{SettingOrigin.InFile(path, (int)(exception.LineNumber ?? 0) + 1)}: {key} {exception.Message}";
        }
        catch (JsonException exception)
        {
            // The parser counts lines from 0; its message may quote one character, never a value.
            return $"{SettingOrigin.InFile(path, (int)(exception.LineNumber ?? 0) + 1)}: this is not valid JSON (position {exception.BytePositionInLine + 1})";
        }
        catch (FormatException exception)
        {
            // What is valid JSON but no valid configuration: the same key twice.
            var twice = SettingOrigin.Lines(json).FirstOrDefault(key => exception.Message.Contains($"'{key.Key}'", StringComparison.OrdinalIgnoreCase));
            return $"{(twice is null ? path : SettingOrigin.InFile(path, twice.Last()))}: {exception.Message}";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"{path} cannot be read: {exception.Message}";
        }
    }

    /// <summary>Where the file names the path, or something below it; null = it does not.</summary>
    public string? OriginOf(string path) =>
        _lines.Where(name => $"{name.Key}:".StartsWith($"{path}:", StringComparison.OrdinalIgnoreCase)).Select(name => (int?)name.First()).Min() is { } line
            ? SettingOrigin.InFile(_path, line)
            : null;

    /// <summary>Top-level keys that nobody knows, and sections that hold a value instead of settings.</summary>
    public IEnumerable<string> Problems() =>
        from section in Settings.GetChildren()
        let isOurs = ClawdexKeys.IsSection(section.Key)
        where isOurs ? section.Value is { Length: > 0 } : !IsForeign(section.Key)
        select isOurs
            ? $"{OriginOf(section.Key)}: {section.Key} must hold settings, not a value"
            : ClawdexKeys.Known.Unknown(section.Key, OriginOf(section.Key));

    private static bool IsForeign(string key) =>
        Foreign.Contains(key, StringComparer.OrdinalIgnoreCase) || ForeignPrefixes.Any(prefix => key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase));
}
