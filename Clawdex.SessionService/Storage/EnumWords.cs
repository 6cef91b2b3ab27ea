using System.Text.Json;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace Clawdex.SessionService.Storage;

/// <summary>
/// Enumerations are words in the database, so that a person with a SQLite shell can read the tables. The words are part of the
/// file format: who renames a member changes it.
/// </summary>
internal static class EnumWords
{
    /// <summary>"content_filter" for <c>ContentFilter</c>.</summary>
    public static string Of<T>(T value) where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());

    /// <param name="unknown">What a word that this program does not know is read as; null = such a row cannot be read.</param>
    public static ValueConverter<T, string> Converter<T>(T? unknown = null) where T : struct, Enum
    {
        var words = Enum.GetValues<T>().ToDictionary(value => value, Of);
        var values = words.ToDictionary(pair => pair.Value, pair => pair.Key);
        return new ValueConverter<T, string>(value => words[value], word => Read(values, word, unknown));
    }

    private static T Read<T>(Dictionary<string, T> values, string word, T? unknown) where T : struct, Enum =>
        values.TryGetValue(word, out var value) ? value
        : unknown ?? throw new InvalidDataException($"The database holds the unknown {typeof(T).Name} '{word}'.");
}
