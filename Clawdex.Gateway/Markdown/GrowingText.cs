using Markdig.Syntax;

namespace Clawdex.Gateway.Markdown;

/// <summary>
/// The messages of one answer while it grows. A part that is closed never changes again, and the source before it is never
/// looked at again, so a call costs as much as the last message, however long the answer is.
/// </summary>
internal sealed class GrowingText
{
    // Source that is parsed at once. More than one message, and bounded for an answer that comes in one piece.
    private const int Window = 2 * TelegramText.MaxLength;

    private readonly MarkdownSource _source = new();
    private readonly List<MessageText> _closed = [];

    // Where the parser starts: a block's first line. What is before _from in it is in closed parts.
    private int _start;
    private int _from;

    // The first line of a code block that was closed in the middle; the parser starts with it.
    private string _fence = "";

    /// <summary>The messages of the answer so far, none if nothing of it is visible. Each call's text starts with the text of the call before it.</summary>
    /// <param name="complete">False while more text may follow: open markup is closed, and incomplete markup at the end is left out.</param>
    public IReadOnlyList<MessageText> Render(string markdown, bool complete)
    {
        _source.Take(markdown);
        for (var window = Window; ;)
        {
            var sourceEnd = _source.WholeEnd(Math.Max(_from, _start) + window);
            var isAll = sourceEnd == _source.Length;
            var (styled, document) = Parse(_fence + _source.Slice(_start, sourceEnd - _start), complete && isAll);
            var text = styled.ToString();
            var begin = Begin(styled, text);
            var end = MessageSize.End(styled, text, begin);
            if (end == text.Length && isAll)
                return Part(styled, text, begin, end) is { } last ? [.. _closed, last] : [.. _closed];

            if (end == text.Length)
            {
                window *= 2;
                continue;
            }

            Close(styled, text, begin, PartSplitter.Cut(styled, text, begin, end), document);
            window = Window;
        }
    }

    private static (StyledRun Styled, MarkdownDocument? Document) Parse(string source, bool complete)
    {
        var shown = complete ? source : MarkdownHealing.WithoutPartialMark(source);
        return MarkdownSyntax.TryParse(shown, complete, out var document)
            ? (BlockRenderer.Render(document, shown), document)
            : (BlockRenderer.Unformatted(shown), null);
    }

    // Line breaks between two messages are dropped, and spaces too, except the indentation of code.
    private int Begin(StyledRun styled, string text)
    {
        var begin = styled.PositionOf(_from - _start + _fence.Length);
        var visible = begin;
        while (visible < text.Length && char.IsWhiteSpace(text[visible]))
            visible++;
        foreach (var mark in styled.Marks)
        {
            if (mark.Kind is TextMarkKind.Pre && mark.Start < visible && mark.End > visible)
                return Math.Max(Math.Max(mark.Start, begin), text.LastIndexOf('\n', visible - 1) + 1);
        }

        return visible;
    }

    private static MessageText? Part(StyledRun styled, string text, int begin, int end)
    {
        end = begin + text.AsSpan(begin, end - begin).TrimEnd().Length;
        return !VisibleText.IsEmpty(text.AsSpan(begin, end - begin)) ? new MessageText(HtmlWriter.Write(styled, text, begin, end), text[begin..end]) : null;
    }

    private void Close(StyledRun styled, string text, int begin, int cut, MarkdownDocument? document)
    {
        if (Part(styled, text, begin, cut) is { } part)
            _closed.Add(part);

        // Always further, whatever the text is.
        _from = Math.Max(ToSource(styled.SourceOf(cut)), _from + 1);
        if (document is not null)
            Restart(document);
    }

    private int ToSource(int parsed) => _start + parsed - _fence.Length;

    // The next call parses from the block on in which the rest begins. Before it is nothing that the rest depends on.
    private void Restart(MarkdownDocument document)
    {
        var block = document.LastOrDefault(block => ToSource(block.Span.Start) <= _from);
        if (block is FencedCodeBlock code && _source.LineStart(ToSource(code.Span.Start)) < _source.LineStart(_from))
        {
            if (code.Span.Start >= _fence.Length)
                _fence = _source.Line(ToSource(code.Span.Start)) + "\n";
            _start = _source.LineStart(_from);
        }
        else if (block is not null && ToSource(Movable(block).Span.Start) is var start && start > _start)
        {
            _start = _source.LineStart(start);
            _fence = "";
        }
    }

    // An item of a list may come first in a new list, unless the list counts differently than its source does.
    private Block Movable(Block block)
    {
        if (block is not ListBlock list || list.LastOrDefault(item => ToSource(item.Span.Start) <= _from) is not ListItemBlock last)
            return block;

        var counts = !list.IsOrdered || last.Order - ((ListItemBlock)list[0]).Order == list.IndexOf(last);
        return counts ? last : block;
    }
}
