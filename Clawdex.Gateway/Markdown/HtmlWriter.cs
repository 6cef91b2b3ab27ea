using System.Text;

namespace Clawdex.Gateway.Markdown;

/// <summary>
/// Writes a styled text in Telegram's HTML, forward: what is final is written once, however often it is read with what is not.
/// </summary>
internal sealed class HtmlWriter(StyledRun styled)
{
    private readonly StringBuilder _html = new();
    private readonly List<int> _open = [];
    private int _next;

    /// <summary>Up to where the text is written.</summary>
    public int Position { get; private set; }

    /// <summary>A range of a text. What reaches beyond it ends at its borders.</summary>
    public static string Write(StyledRun run, string text, int start, int end) => new HtmlWriter(run) { Position = start }.WriteAll(text, end);

    /// <summary>What is written and all up to <paramref name="end"/>, where every mark ends. Nothing is kept of that.</summary>
    public string WithRest(string text, int end)
    {
        var copy = new HtmlWriter(styled) { Position = Position, _next = _next };
        copy._html.Append(_html);
        copy._open.AddRange(_open);
        return copy.WriteAll(text, end);
    }

    /// <summary>Writes on up to <paramref name="end"/>; nothing before it may change any more.</summary>
    public void Advance(string text, int end)
    {
        for (; _next < styled.Marks.Length && styled.Marks[_next].Start < end; _next++)
        {
            var mark = styled.Marks[_next];
            var start = Math.Max(mark.Start, Position);
            if (mark.End <= start)
                continue;

            CloseUpTo(text, start);
            Append(text, start);
            OpenTag(_html, mark);
            _open.Add(_next);
        }

        CloseUpTo(text, end);
        Append(text, end);
    }

    private string WriteAll(string text, int end)
    {
        Advance(text, end);
        for (var i = _open.Count - 1; i >= 0; i--)
            CloseTag(_html, styled.Marks[_open[i]]);
        return _html.ToString();
    }

    private void CloseUpTo(string text, int position)
    {
        for (; _open.Count > 0 && styled.Marks[_open[^1]] is var inner && inner.End <= position; _open.RemoveAt(_open.Count - 1))
        {
            Append(text, inner.End);
            CloseTag(_html, inner);
        }
    }

    private void Append(string text, int end)
    {
        _html.Append(Escaped(text.AsSpan(Position, end - Position)));
        Position = end;
    }

    /// <summary>A text as it is, in an element or in an attribute.</summary>
    public static string Escaped(string text) => Escaped(text.AsSpan()).Replace("\"", "&quot;", StringComparison.Ordinal);

    private static void OpenTag(StringBuilder html, StyleSpan mark)
    {
        switch (mark)
        {
            case { Kind: TextMarkKind.Link, Data: { } url }:
                html.Append("<a href=\"").Append(Escaped(url)).Append("\">");
                break;
            case { Kind: TextMarkKind.Pre, Data: { } language }:
                html.Append("<pre><code class=\"language-").Append(Escaped(language)).Append("\">");
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

    private static string Escaped(ReadOnlySpan<char> text) =>
        text.ToString().Replace("&", "&amp;", StringComparison.Ordinal).Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);
}
