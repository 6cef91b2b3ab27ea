using System.Buffers;
using System.Text;

namespace Clawdex.Gateway.Markdown;

/// <summary>Writes a range of a styled text in Telegram's HTML. What reaches beyond the range ends at its borders.</summary>
internal static class HtmlWriter
{
    private static readonly SearchValues<char> TextSpecials = SearchValues.Create("&<>");
    private static readonly SearchValues<char> AttributeSpecials = SearchValues.Create("&<>\"");

    public static string Write(StyledRun styled, string text, int start, int end)
    {
        var html = new StringBuilder(end - start + 64);
        var open = new Stack<StyleSpan>();
        var at = start;
        foreach (var mark in styled.Marks)
        {
            if (mark.Start >= end)
                break;
            if (Math.Min(mark.End, end) <= Math.Max(mark.Start, start))
                continue;

            CloseUpTo(Math.Max(mark.Start, start));
            Escape(html, text.AsSpan(at, Math.Max(mark.Start, start) - at), TextSpecials);
            at = Math.Max(mark.Start, start);
            OpenTag(html, mark);
            open.Push(mark);
        }

        CloseUpTo(end);
        Escape(html, text.AsSpan(at, end - at), TextSpecials);
        return html.ToString();

        void CloseUpTo(int position)
        {
            while (open.TryPeek(out var inner) && Math.Min(inner.End, end) <= position)
            {
                Escape(html, text.AsSpan(at, Math.Min(inner.End, end) - at), TextSpecials);
                at = Math.Min(inner.End, end);
                CloseTag(html, open.Pop());
            }
        }
    }

    /// <summary>A text as it is, in an element or in an attribute.</summary>
    public static string Escaped(string text)
    {
        var html = new StringBuilder(text.Length + 16);
        Escape(html, text, AttributeSpecials);
        return html.ToString();
    }

    private static void OpenTag(StringBuilder html, StyleSpan mark)
    {
        switch (mark)
        {
            case { Kind: TextMarkKind.Link, Data: { } url }:
                html.Append("<a href=\"");
                Escape(html, url, AttributeSpecials);
                html.Append("\">");
                break;
            case { Kind: TextMarkKind.Pre, Data: { } language }:
                html.Append("<pre><code class=\"language-");
                Escape(html, language, AttributeSpecials);
                html.Append("\">");
                break;
            default:
                html.Append('<').Append(Tag(mark.Kind)).Append('>');
                break;
        }
    }

    private static void CloseTag(StringBuilder html, StyleSpan mark) =>
        html.Append(mark is { Kind: TextMarkKind.Pre, Data: not null } ? "</code></" : "</").Append(Tag(mark.Kind)).Append('>');

    private static string Tag(TextMarkKind kind) => kind switch
    {
        TextMarkKind.Bold => "b",
        TextMarkKind.Italic => "i",
        TextMarkKind.Strike => "s",
        TextMarkKind.Spoiler => "tg-spoiler",
        TextMarkKind.Quote => "blockquote",
        TextMarkKind.Link => "a",
        TextMarkKind.Code => "code",
        TextMarkKind.Formula => "tg-math",
        _ => "pre",
    };

    private static void Escape(StringBuilder html, ReadOnlySpan<char> text, SearchValues<char> specials)
    {
        for (var special = text.IndexOfAny(specials); special >= 0; special = text.IndexOfAny(specials))
        {
            html.Append(text[..special]).Append(text[special] switch
            {
                '&' => "&amp;",
                '<' => "&lt;",
                '>' => "&gt;",
                _ => "&quot;",
            });
            text = text[(special + 1)..];
        }

        html.Append(text);
    }
}
