using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.CommandLine;
using Microsoft.Extensions.Configuration.EnvironmentVariables;
using Microsoft.Extensions.Configuration.Json;

namespace Clawdex.ServiceDefaults.Settings;

/// <summary>Where a configuration path was set, for whoever has to look there.</summary>
public static class SettingOrigin
{
    /// <summary>The strongest source that names the path or anything below it; null = it cannot be named.</summary>
    public static string? Of(IConfiguration configuration, string path) =>
        configuration is IConfigurationRoot root
            ? root.Providers.Reverse().Where(provider => Names(provider, path)).Select(provider => Describe(provider, path)).FirstOrDefault()
            : null;

    /// <summary>The lines, from 1, of each path in a JSON text that can be parsed.</summary>
    /// <exception cref="JsonException">A text holds half of a character. The message says so, and the path and the line where.</exception>
    public static ILookup<string, int> Lines(ReadOnlySpan<byte> json)
    {
        List<(string Path, int Line)> lines = [];
        var bytes = json.StartsWith("\uFEFF"u8) ? json[3..] : json;
        var reader = new Utf8JsonReader(bytes, new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        Stack<string> parents = [];
        var path = "";
        var (line, counted) = (1, 0);
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.PropertyName)
            {
                line += bytes[counted..(int)reader.TokenStartIndex].Count((byte)'\n');
                counted = (int)reader.TokenStartIndex;
                var parent = parents.Peek();
                path = TextOf(ref reader, parent, line) is var name && parent.Length > 0 ? ConfigurationPath.Combine(parent, name) : name;
                lines.Add((path, line));
            }
            else if (reader.TokenType is JsonTokenType.String)
            {
                TextOf(ref reader, path, line);
            }
            else if (reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray)
            {
                parents.Push(path);
            }
            else if (reader.TokenType is JsonTokenType.EndObject or JsonTokenType.EndArray)
            {
                parents.Pop();
            }
        }

        return lines.ToLookup(place => place.Path, place => place.Line, StringComparer.OrdinalIgnoreCase);
    }

    /// <summary>A place in a file, as every message names it.</summary>
    public static string InFile(string file, int line) => string.Create(CultureInfo.InvariantCulture, $"{file}, line {line}");

    private static string TextOf(ref Utf8JsonReader reader, string path, int line)
    {
        try
        {
            return reader.GetString() ?? "";
        }
        catch (InvalidOperationException)
        {
            throw new JsonException("holds half of a character (such as \\ud800 without its other half)", path, line - 1, null);
        }
    }

    private static bool Names(IConfigurationProvider provider, string path) =>
        provider.TryGet(path, out _) || provider.GetChildKeys([], path).Any();

    private static string? Describe(IConfigurationProvider provider, string path) => provider switch
    {
        EnvironmentVariablesConfigurationProvider => $"environment variable {path.Replace(":", "__", StringComparison.Ordinal)}",
        CommandLineConfigurationProvider => $"command line --{path}",
        JsonConfigurationProvider { Source: { Path: { } file } source } => source.FileProvider?.GetFileInfo(file).PhysicalPath is { } full
            && Lines(File.ReadAllBytes(full))[path].FirstOrDefault() is > 0 and var line ? InFile(full, line) : file,
        _ => null,
    };
}
