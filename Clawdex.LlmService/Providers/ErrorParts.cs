using System.Text.Json;
using System.Text.RegularExpressions;

namespace Clawdex.LlmService.Providers;

/// <summary>The parts of an error, wherever servers put them: its objects, and the words, names and numbers in these.</summary>
internal static partial class ErrorParts
{
    /// <summary>An upstream's error, which its gateway and OpenRouter have each put into one of their own, is eight levels down.</summary>
    private const int MaxDepth = 10;

    /// <summary>In a longer text than an error has no JSON is searched for.</summary>
    private const int LongestText = 64 * 1024;

    private const int MaxLines = 20;

    /// <summary>More than anybody is shown, even after it is cleaned.</summary>
    private const int MaxWords = 4096;

    /// <summary>Members that hold an error inside an error, the outer ones first.</summary>
    private static readonly string[] Nests =
        ["error", "Error", "errors", "err", "message", "detail", "metadata", "raw", "response", "innererror", "fault", "base_resp"];

    private static readonly string[] Words =
    [
        "message", "Message", "msg", "error_message", "errorMessage", "error_msg", "error_description", "status_msg", "faultstring", "detail",
        "error", "Error", "errors", "err", "exception", "raw",
    ];

    /// <summary>Words, too, but not only of errors.</summary>
    private static readonly string[] Labels = ["description", "title"];

    private static readonly string[] Names = ["code", "type", "error_type", "status", "reason"];
    private static readonly string[] Numbers = ["code", "status_code", "statusCode", "error_code", "status"];

    /// <summary>Every object of the error, an outer one before what lies in it.</summary>
    public static IReadOnlyList<JsonElement> ObjectsIn(JsonElement value, int depth = 0)
    {
        value = Unpack(value);
        return value.IsObject() && depth < MaxDepth
            ? [value, .. Nests.SelectMany(nest => ObjectsIn(value.Member(nest), depth + 1))]
            : [];
    }

    /// <summary>The value without what it is packed in: an array, or a text that holds it as JSON.</summary>
    public static JsonElement Unpack(JsonElement value)
    {
        for (var i = 0; i < MaxDepth; i++)
        {
            value = value.OneOrFirst();
            if (value.Text() is not { } text || JsonIn(text) is not { ValueKind: not JsonValueKind.Undefined } inner)
                break;
            value = inner;
        }

        return value;
    }

    /// <summary>The JSON that a text is, or that its events or its end hold; undefined = none.</summary>
    public static JsonElement JsonIn(string text) => Candidates(text)
        .Where(part => part is ['{' or '[' or '"', ..])
        .Select(TolerantJson.Parse)
        .FirstOrDefault(json => json.ValueKind is JsonValueKind.Object or JsonValueKind.Array or JsonValueKind.String);

    /// <summary>The innermost words, which are those of whoever failed.</summary>
    public static string WordsIn(IReadOnlyList<JsonElement> objects) => WordsIn(objects, [.. Words, .. Labels]);

    /// <summary>Whether these are the objects of an error, and not of some other notice.</summary>
    public static bool AreOfError(IReadOnlyList<JsonElement> objects) =>
        !objects.Any(part => Numbers.Any(name => part.Int(name) is 0 or 200)) && (NumberIn(objects) is not null || WordsIn(objects, Words).Length > 0);

    /// <summary>Nothing for what is no text for people.</summary>
    public static string Plain(string? text) =>
        string.IsNullOrWhiteSpace(text) || TolerantJson.Begins(text) || WebPage.Is(text) || text.Contains('\ufffd', StringComparison.Ordinal)
            ? ""
            : text[..Math.Min(text.Length, MaxWords)];

    public static string NamesIn(IReadOnlyList<JsonElement> objects) => string.Join(
        ' ',
        objects.Concat(objects.SelectMany(part => part.Member("details"u8).Items()))
            .SelectMany(part => Names.Select(name => part.Member(name).Text()))
            .OfType<string>()
            .Select(name => string.Concat(name.Where(char.IsAsciiLetter)).ToLowerInvariant()));

    public static int? NumberIn(IReadOnlyList<JsonElement> objects) =>
        objects.SelectMany(part => Numbers.Select(name => part.Int(name))).FirstOrDefault(number => number is >= 400 and < 600);

    public static IEnumerable<string> QuotaIds(IReadOnlyList<JsonElement> objects) => objects
        .SelectMany(part => part.Member("details"u8).Items())
        .SelectMany(detail => detail.Member("violations"u8).Items())
        .Select(violation => violation.Text("quotaId"u8))
        .OfType<string>();

    private static string WordsIn(IReadOnlyList<JsonElement> objects, string[] names) =>
        objects.Reverse().SelectMany(part => names.Select(name => WordsOf(part.Member(name)))).FirstOrDefault(words => words.Length > 0) ?? "";

    private static string WordsOf(JsonElement value) => Plain(Unpack(value).Text() ?? value.OneOrFirst().Text());

    /// <summary>Where in a text JSON may be: in all of it, in the lines of an event, in those of one event of several, behind some words.</summary>
    private static IEnumerable<string> Candidates(string text)
    {
        yield return text.Trim();
        if (text.Length > LongestText)
            yield break;
        var lines = EventLine().Matches(text).Select(line => line.Groups["value"].Value.Trim()).Where(value => value is not "[DONE]").Take(MaxLines).ToList();
        yield return string.Join('\n', lines);
        foreach (var line in lines)
            yield return line;
        if (text.IndexOf('{', StringComparison.Ordinal) is >= 0 and var start)
            yield return text[start..].TrimEnd();
    }

    [GeneratedRegex(@"^[ \t]*(?:data|error)[ \t]*:(?<value>.*)$", RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex EventLine();
}
