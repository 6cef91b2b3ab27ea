using Microsoft.Extensions.Configuration;

namespace Clawdex.ServiceDefaults.Settings;

/// <summary>
/// Secrets that stand in files of their own, such as those below <c>/run/secrets</c>: whatever has a <see cref="SecretAttribute"/>
/// may be named by its key with <c>File</c> behind it instead.
/// </summary>
public static class SecretFiles
{
    /// <summary>Characters. Nothing that is longer is a secret; a device never ends.</summary>
    private const int Longest = 16 * 1024;

    /// <summary>Puts what each named file holds in the place of its secret. Call it when all sources are known, and before anything reads a secret.</summary>
    /// <returns>What is wrong, by key and path.</returns>
    public static IReadOnlyList<string> Read(IConfigurationManager configuration, IEnumerable<SettingKey> keys)
    {
        List<string> problems = [];
        foreach (var key in keys)
        {
            // What holds a NUL names no file; it is refused as every value that does.
            if (key.FileOf is not { } secret || configuration[key.Name] is not { } path || string.IsNullOrWhiteSpace(path) || path.Contains('\0', StringComparison.Ordinal))
                continue;
            if (!string.IsNullOrWhiteSpace(configuration[secret]))
                problems.Add($"{secret} and {key.Name} are both set; keep one of them");
            else if (TryRead(UserPath.Expand(path.Trim()), out var text, out var problem))
                configuration.AddInMemoryCollection([KeyValuePair.Create(secret, (string?)text)]);
            else
                problems.Add($"{key.Name}: {problem}");
        }

        return problems;
    }

    private static bool TryRead(string path, out string text, out string problem)
    {
        (text, problem) = ("", "");
        try
        {
            using var file = new StreamReader(path);
            var characters = new char[Longest + 1];
            var length = file.ReadBlock(characters);
            // An editor ends the last line; no secret does.
            text = new string(characters, 0, length).TrimEnd('\r', '\n');
            problem = length > Longest ? $"{path} is too long for a secret" : string.IsNullOrWhiteSpace(text) ? $"{path} is empty" : "";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            problem = $"{path} cannot be read: {error.Message}";
        }

        return problem.Length == 0;
    }
}
