using System.Buffers;
using System.Globalization;
using System.Text.RegularExpressions;
using Markdig.Syntax.Inlines;

namespace Clawdex.Gateway.Markdown;

/// <summary>The end of a text that still grows: which marks mean nothing yet, and which have begun something.</summary>
internal static partial class OpenEnd
{
    // What a text never ends with for long. A run that closes something is left out too: closing it again gives the same.
    private const string LooseEnds = "*_~|`[\\";

    // A longer target is none, as in many browsers and servers.
    private const int MaxTarget = 2048;

    private static readonly SearchValues<char> Marks = SearchValues.Create("*_~|`[]!<&$\\:");

    private static readonly SearchValues<char> Openers = SearchValues.Create("*_~|`$<");

    /// <summary>True for a text that has no mark in it.</summary>
    public static bool IsPlain(ReadOnlySpan<char> text) => !text.ContainsAny(Marks) && !text.Contains("www.", StringComparison.Ordinal);

    /// <summary>The text without what is incomplete at its end.</summary>
    /// <param name="isLinkTextOver">True if it ended with a link whose target is yet to come, or a bracket that it may follow.</param>
    public static string Trim(string text, out bool isLinkTextOver)
    {
        isLinkTextOver = false;
        var end = text.Length;
        for (var before = -1; before != end;)
        {
            before = end;
            end = text.AsSpan(0, end).TrimEnd().Length;
            var trimmed = text.AsSpan(0, end).TrimEnd(LooseEnds).Length;
            // An exclamation mark ends sentences; only before a bracket it begins an image.
            if (trimmed < end && text[trimmed] == '[' && trimmed > 0 && text[trimmed - 1] == '!')
                trimmed--;
            end = trimmed;
            var tail = Math.Max(trimmed - 10, 0);
            foreach (var mark in PartialMark().EnumerateMatches(text.AsSpan(tail, trimmed - tail)))
                end = tail + mark.Index;
        }

        if (TargetStart(text.AsSpan(0, end)) is var bracket and > 0)
            (end, isLinkTextOver) = (bracket, true);
        return text[..end];
    }

    /// <summary>Where a text ends with a bracket, or a bracket and a target that is not complete: before that bracket. -1 = it does not.</summary>
    public static int TargetStart(ReadOnlySpan<char> text)
    {
        if (text.EndsWith(']'))
            return text.Length - 1;

        var start = text.LastIndexOf("](", StringComparison.Ordinal);
        if (start < 0 || text.Length - start > MaxTarget)
            return -1;

        var (depth, isTitle) = (1, false);
        for (var i = start + 2; i < text.Length; i++)
        {
            depth += text[i] switch { '(' => 1, ')' => -1, _ => 0 };
            isTitle |= text[i] == '"';
            // A target has no space in it, only a title may follow.
            if (depth == 0 || text[i] == '\n' || (text[i] == ' ' && !isTitle && i + 1 < text.Length && text[i + 1] != '"'))
                return -1;
        }

        return start;
    }

    /// <summary>The innermost bracket that nothing has closed; null = there is none.</summary>
    public static LinkDelimiterInline? InnermostBracket(ContainerInline inlines)
    {
        LinkDelimiterInline? found = null;
        for (var inline = inlines.FirstChild; inline is not null;)
        {
            if (inline is LinkDelimiterInline { IsActive: true } delimiter)
                found = delimiter;
            inline = (inline as DelimiterInline)?.FirstChild ?? inline.NextSibling;
        }

        return found;
    }

    public static bool IsIn(ContainerInline? container, Inline inline)
    {
        for (var parent = inline.Parent; parent is not null; parent = parent.Parent)
        {
            if (parent == container)
                return true;
        }

        return false;
    }

    /// <summary>How many of the delimiters at <paramref name="start"/>, which closed nothing, open something; 0 = they are text.</summary>
    public static int OpenerCount(string text, int start, ReadOnlySpan<char> delimiters)
    {
        var end = start + delimiters.Length;
        if (delimiters.IsEmpty || delimiters[0] is not ('*' or '_' or '~' or '|') || delimiters.ContainsAnyExcept(delimiters[0]))
            return 0;
        if (delimiters[0] is '~' or '|' ? delimiters.Length != 2 : delimiters.Length > 3)
            return 0;

        // Inside of a word it rather is a product or a power than the beginning of emphasis. Chinese has no spaces between words.
        var opens = end < text.Length && !char.IsWhiteSpace(text[end])
            && (start == 0 || !char.IsLetterOrDigit(text[start - 1]) || (delimiters[0] != '_' && char.GetUnicodeCategory(text[start - 1]) is UnicodeCategory.OtherLetter));
        return opens ? delimiters.Length : 0;
    }

    /// <summary>How many marks are in the text. A run of delimiters is one, and one more for every four of them.</summary>
    public static int CountMarks(ReadOnlySpan<char> text)
    {
        var count = 0;
        for (var next = text.IndexOfAny(Marks); next >= 0; next = text.IndexOfAny(Marks))
        {
            var mark = text[next];
            text = text[next..];
            var run = mark is '*' or '_' or '~' or '|' or '`' ? text.Length - text.TrimStart(mark).Length : 1;
            count += 1 + (run / 4);
            text = text[run..];
        }

        return count;
    }

    /// <summary>How much of the text more text behind it cannot change: all of it, or up to a space before what is open.</summary>
    /// <param name="openFrom">What began before it counts as text, however open it is.</param>
    public static int Settled(ContainerInline parsed, string text, int openFrom)
    {
        var limit = TargetStart(text) is var target and >= 0 ? BracketOf(text, target) : text.Length;
        var settled = 0;
        for (var inline = parsed.FirstChild; inline is not null; inline = (inline as DelimiterInline)?.FirstChild ?? inline.NextSibling)
        {
            var isOpen = IsOpen(inline) && inline.Span.Start >= openFrom;
            // A bare address may go on.
            if (inline.Span.Start >= limit || isOpen || inline is LinkInline { IsAutoLink: true, NextSibling: null })
                return settled;
            if (inline is LineBreakInline && text[inline.Span.Start] == '\n')
                settled = inline.Span.Start + 1;
            if (inline is LiteralInline { Content: var content } && ReferenceEquals(content.Text, text))
            {
                var space = text.AsSpan(content.Start, Math.Min(content.End + 1, limit) - content.Start).LastIndexOf(' ');
                settled = space < 0 ? settled : content.Start + space + 1;
            }
        }

        return limit < text.Length ? settled : limit;
    }

    private static bool IsOpen(Inline inline)
    {
        if (inline is DelimiterInline || (inline is LiteralInline literal && MayOpen(literal)))
            return true;

        // The marks in a bare address are its own.
        for (var child = inline is LinkInline { IsAutoLink: true } ? null : (inline as ContainerInline)?.FirstChild; child is not null; child = child.NextSibling)
        {
            if (IsOpen(child))
                return true;
        }

        return false;
    }

    private static int BracketOf(string text, int closing)
    {
        var depth = 1;
        for (var i = closing - 1; i >= 0; i--)
        {
            depth += text[i] switch { ']' => 1, '[' => -1, _ => 0 };
            if (depth == 0)
                return i;
        }

        return 0;
    }

    private static bool MayOpen(LiteralInline literal)
    {
        var content = literal.Content.AsSpan();
        if (literal.IsFirstCharacterEscaped && content is ['(' or '[', ..] && literal.Content.Text.Length - literal.Content.Start < FormulaParser.MaxLength)
            return true;

        var text = literal.Content.Text;
        for (var i = content.IndexOfAny(Openers); i >= 0 && i < content.Length; i++)
        {
            var at = literal.Content.Start + i;
            if ((i > 0 || !literal.IsFirstCharacterEscaped) && MayOpen(content[i], at > 0 ? text[at - 1] : ' ', text.AsSpan(Math.Min(at + 1, text.Length))))
                return true;
        }

        return false;
    }

    // At the end of a piece, anything may follow.
    private static bool MayOpen(char mark, char before, ReadOnlySpan<char> rest) => mark switch
    {
        '`' => true,
        '$' => rest.Length < FormulaParser.MaxLength && (rest is [] or ['$', ..] || !rest.Contains('\n')),
        '<' => rest.Length < 8 || !rest.ContainsAny(" \n"),
        '_' => !char.IsLetterOrDigit(before) && (rest.IsEmpty || !char.IsWhiteSpace(rest[0])),
        '*' => rest.IsEmpty || !char.IsWhiteSpace(rest[0]),
        '~' or '|' => rest.IsEmpty || rest[0] == mark || (before == mark && !char.IsWhiteSpace(rest[0])),
        _ => false,
    };

    /// <summary><c>&amp;am</c>, which a semicolon would make a character, and <c>&lt;b</c>, which may become a line break.</summary>
    [GeneratedRegex(@"(?:&#?[0-9A-Za-z]*|<(?:br?\s?/?)?)\z", RegexOptions.IgnoreCase)]
    private static partial Regex PartialMark();
}
