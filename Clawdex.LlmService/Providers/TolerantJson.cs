using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Clawdex.LlmService.Providers;

/// <summary>
/// Reads JSON from servers that one does not control: a member that is missing, null or of another type reads as absent,
/// and is never an exception.
/// </summary>
internal static partial class TolerantJson
{
    /// <summary>The member, when <paramref name="element"/> is an object that has it; else an undefined element.</summary>
    public static JsonElement Member(this JsonElement element, ReadOnlySpan<byte> name) =>
        element.ValueKind is JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : default;

    public static JsonElement Member(this JsonElement element, string name) =>
        element.ValueKind is JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : default;

    /// <summary>The items of an array; of anything else, none.</summary>
    public static JsonElement.ArrayEnumerator Items(this JsonElement element) =>
        element.ValueKind is JsonValueKind.Array ? element.EnumerateArray() : default;

    public static bool HasItems(this JsonElement element) => element.ValueKind is JsonValueKind.Array && element.GetArrayLength() > 0;

    /// <summary>The first item of an array, or the element itself: errors come in both forms.</summary>
    public static JsonElement OneOrFirst(this JsonElement element) =>
        element.ValueKind is JsonValueKind.Array ? element.Items().FirstOrDefault() : element;

    public static string? Text(this JsonElement element, ReadOnlySpan<byte> name) => element.Member(name).Text();

    /// <summary>
    /// A string's value. What is not valid Unicode becomes U+FFFD, except half a surrogate pair: the other half may come with
    /// the next event.
    /// </summary>
    public static string? Text(this JsonElement element)
    {
        if (element.ValueKind is not JsonValueKind.String)
            return null;
        try
        {
            return element.GetString();
        }
        catch (InvalidOperationException)
        {
            return Unescape(element.Raw());
        }
    }

    /// <summary>A number that fits, or a string that holds one.</summary>
    public static int? Int(this JsonElement element, ReadOnlySpan<byte> name) => element.Member(name).Int();

    public static int? Int(this JsonElement element, string name) => element.Member(name).Int();

    private static int? Int(this JsonElement element) => element switch
    {
        { ValueKind: JsonValueKind.Number } number when number.TryGetDouble(out var value) && value is >= 0 and <= int.MaxValue => (int)value,
        { ValueKind: JsonValueKind.String } text when int.TryParse(text.Text(), NumberStyles.None, CultureInfo.InvariantCulture, out var value) => value,
        _ => null,
    };

    /// <summary>A number that is neither negative nor beyond all measure.</summary>
    public static double? Amount(this JsonElement element, ReadOnlySpan<byte> name) =>
        element.Member(name) is { ValueKind: JsonValueKind.Number } number && number.TryGetDouble(out var value) && value is >= 0 and <= int.MaxValue ? value : null;

    /// <summary>The member's text, without a new string when it is the one of before.</summary>
    public static string TextOr(this JsonElement element, ReadOnlySpan<byte> name, string before) =>
        element.Member(name) is { ValueKind: JsonValueKind.String } text && !text.ValueEquals(before) && text.Text() is { Length: > 0 } other
            ? other
            : before;

    public static bool IsTrue(this JsonElement element, ReadOnlySpan<byte> name) =>
        element.Member(name).ValueKind is JsonValueKind.True;

    public static bool IsObject(this JsonElement element) => element.ValueKind is JsonValueKind.Object;

    /// <summary>The JSON as it was sent, with U+FFFD for what is not valid UTF-8.</summary>
    public static string Raw(this JsonElement element) => Encoding.UTF8.GetString(JsonMarshal.GetRawUtf8Value(element));

    /// <summary>Whether a text is meant as JSON, though it may be cut off: words may begin with a bracket as well, and so does what Python prints.</summary>
    public static bool Begins(string text) => Beginning().IsMatch(text);

    /// <summary>Parses a text that may not be JSON at all; then the element is undefined.</summary>
    public static JsonElement Parse(string text)
    {
        try
        {
            return JsonElement.Parse(text);
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            // The latter is half a surrogate pair.
            return default;
        }
    }

    /// <summary>Undoes JSON's escapes of a string in quotes, as <c>"a\ud83d"</c>, keeping single surrogates.</summary>
    private static string Unescape(string quoted)
    {
        var text = new StringBuilder(quoted.Length);
        for (var i = 1; i < quoted.Length - 1; i++)
        {
            if (quoted[i] is not '\\')
            {
                text.Append(quoted[i]);
                continue;
            }

            i++;
            if (quoted[i] is 'u' && ushort.TryParse(quoted.AsSpan(i + 1, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var unit))
            {
                text.Append((char)unit);
                i += 4;
                continue;
            }

            text.Append(quoted[i] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', 'b' => '\b', 'f' => '\f', var other => other });
        }

        return text.ToString();
    }

    [GeneratedRegex(@"^\s*[\[{][\s\[{]*(?:[""\]}]|\d+\s*,|$)")]
    private static partial Regex Beginning();
}
