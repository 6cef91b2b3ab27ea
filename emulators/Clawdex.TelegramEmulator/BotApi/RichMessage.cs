using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Clawdex.TelegramEmulator.BotApi;

/// <summary>
/// A call's rich_message, of which the emulator knows the HTML: which tags there are, that they are nested, and how large it may be.
/// </summary>
/// <param name="Html">As it was sent.</param>
/// <param name="Text">What its reader sees, without form.</param>
internal sealed partial record RichMessage(string Html, string Text)
{
    private const int MaxLength = 32_768;
    private const int MaxBlocks = 500;
    private const int MaxDepth = 16;
    private const int MaxColumns = 20;

    private static readonly string[] Forms = ["html", "markdown", "blocks"];

    private static readonly HashSet<string> Empty = ["hr", "br", "input", "img"];

    private static readonly HashSet<string> Blocks = ["p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "footer", "hr", "li", "tr", "blockquote", "aside", "figure", "table", "details", "tg-math-block"];

    private static readonly HashSet<string> Others =
    [
        "b", "strong", "i", "em", "u", "ins", "s", "strike", "del", "code", "mark", "sub", "sup", "tg-spoiler", "a", "tg-reference", "tg-emoji", "img",
        "tg-time", "tg-math", "ul", "ol", "input", "cite", "figcaption", "caption", "th", "td", "summary", "br",
    ];

    /// <summary>The message, what is wrong with it, or (both null) that the call has none.</summary>
    public static (RichMessage? Message, BotResult? Error) Parse(BotCall call)
    {
        if (call.Text("rich_message") is not { Length: > 0 } text)
            return (null, null);
        try
        {
            using var json = JsonDocument.Parse(text);
            var root = json.RootElement;
            var given = Forms.Where(name => root.TryGetProperty(name, out _)).ToList();
            if (given.Count != 1)
                return Fail("exactly one of html, markdown and blocks must be specified");
            return given[0] is "html" && root.GetProperty("html").GetString() is { } html
                ? Read(html, root.TryGetProperty("skip_entity_detection", out var skip) && skip.ValueKind is JsonValueKind.True)
                : Fail("can't parse rich message: the emulator knows its html only");
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            return Fail("can't parse rich message JSON object");
        }
    }

    private static (RichMessage? Message, BotResult? Error) Read(string html, bool skipsDetection)
    {
        var (text, open) = (new StringBuilder(), new Stack<string>());
        var (at, blocks, columns) = (0, 0, 0);
        foreach (Match tag in Tag().Matches(html))
        {
            text.Append(WebUtility.HtmlDecode(html[at..tag.Index]));
            at = tag.Index + tag.Length;
            var name = tag.Groups["name"].Value;
            if (!Blocks.Contains(name) && !Others.Contains(name))
                return Fail($"can't parse rich message: unsupported tag \"{name}\"");
            if (tag.Groups["end"].Length > 0)
            {
                if (!open.TryPop(out var expected) || expected != name)
                    return Fail($"can't parse rich message: unexpected end tag \"{name}\"");
                if (Blocks.Contains(name) || name is "summary")
                    text.Append('\n');
                else if (name is "td" or "th")
                    text.Append('\t');
                continue;
            }

            blocks += Blocks.Contains(name) ? 1 : 0;
            columns = name is "tr" ? 0 : name is "td" or "th" ? columns + 1 : columns;
            if (name is "br")
                text.Append('\n');
            if (!Empty.Contains(name))
                open.Push(name);
            if (blocks > MaxBlocks || columns > MaxColumns || open.Count(Blocks.Contains) > MaxDepth)
                return Fail("RICH_MESSAGE_TOO_LARGE");
        }

        text.Append(WebUtility.HtmlDecode(html[at..]));
        if (open.TryPeek(out var unclosed))
            return Fail($"can't parse rich message: tag \"{unclosed}\" is not closed");
        if (string.IsNullOrWhiteSpace(text.ToString()))
            return Fail("Rich message must be non-empty");
        if (text.Length > MaxLength)
            return Fail("RICH_MESSAGE_TOO_LARGE");
        // What looks like an address is taken for one, and not every one is.
        return !skipsDetection && Email().IsMatch(text.ToString()) ? Fail("RICH_MESSAGE_EMAIL_INVALID") : (new(html, text.ToString().Trim()), null);
    }

    private static (RichMessage? Message, BotResult? Error) Fail(string reason) => (null, BotResult.BadRequest(reason));

    [GeneratedRegex("<(?<end>/?)(?<name>[a-z][a-z0-9-]*)(?: [^>]*)?>", RegexOptions.ExplicitCapture)]
    private static partial Regex Tag();

    [GeneratedRegex("[^ @]+@[^ @]+")]
    private static partial Regex Email();
}
