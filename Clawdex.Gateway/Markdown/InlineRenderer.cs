using System.Runtime.CompilerServices;
using Markdig.Parsers;
using Markdig.Syntax.Inlines;

namespace Clawdex.Gateway.Markdown;

/// <summary>
/// Writes the text of a paragraph, a heading or a cell, with its emphasis, code and links. While it grows, what is open at its
/// end is shown as it will most likely look: emphasis and code as if they were closed, the innermost link without its bracket.
/// </summary>
/// <param name="failed">Is called for a text that cannot be read or written, and that is then shown as it is.</param>
internal sealed partial class InlineRenderer(InlineParserList parsers, Action failed)
{
    // A longer cell is text.
    private const int MaxCell = 4096;

    private readonly InlineSyntax _syntax = new(parsers);

    private StyledRun _output = new();
    private string _lineBreak = "";
    private bool _isCell;

    // While the text grows: the text itself, the bracket that may begin a link, and whether that link's text is over.
    private string? _open;
    private LinkDelimiterInline? _link;
    private bool _isLinkTextOver;
    private bool _isOver;

    /// <summary>Whether formulas are marked as such, or left as they are.</summary>
    public bool MarksFormulas { get; init; }

    /// <summary>The syntax of a piece of text.</summary>
    public ContainerInline Parse(string text)
    {
        var inlines = _syntax.Parse(text);
        if (inlines is null)
            failed();
        return inlines ?? InlineSyntax.AsText(text);
    }

    /// <param name="text">What <paramref name="inlines"/> were read from.</param>
    /// <param name="lineBreak">What to write for each end of a line: models mean their line breaks.</param>
    /// <param name="end">Where to stop in the text; that is between two inlines, or in one that is text.</param>
    public void Write(string text, ContainerInline inlines, StyledRun output, string lineBreak, int end = int.MaxValue)
    {
        (_output, _lineBreak, _open, _link, _isOver) = (output, lineBreak, null, null, false);
        if (!TryWrite(text[..Math.Min(end, text.Length)], () => WriteUpTo(end, inlines)))
            failed();
    }

    /// <summary>A text that still grows, without what is incomplete at its end.</summary>
    public void WriteOpen(string text, StyledRun output, string lineBreak)
    {
        var shown = OpenEnd.Trim(text, out _isLinkTextOver);
        // A formula is left as it is, also while it grows.
        var formula = FormulaParser.OpenStart(shown);
        var before = shown[..formula];
        // What fails here is counted when it is written for good.
        var inlines = _syntax.Parse(before) ?? InlineSyntax.AsText(before);
        (_output, _lineBreak, _open, _link, _isOver) = (output, lineBreak, before, OpenEnd.InnermostBracket(inlines), false);
        TryWrite(shown, () =>
        {
            WriteAll(inlines);
            Append(shown[formula..].Replace("\n", lineBreak, StringComparison.Ordinal));
        });
    }

    /// <summary>A cell: text alone, in one line, with the targets of its links.</summary>
    public string Cell(string text, bool isOpen)
    {
        if (text.Length > MaxCell || (!isOpen && OpenEnd.IsPlain(text)))
            return text;

        _isCell = true;
        var output = new StyledRun();
        text = text.Replace(@"\|", "|", StringComparison.Ordinal);
        if (isOpen)
            WriteOpen(text, output, " ");
        else
            Write(text, Parse(text), output, " ");
        _isCell = false;
        return output.ToString();
    }

    /// <returns>False if it cannot be written: then <paramref name="text"/> is shown as it is, because it is still the model's answer.</returns>
    private bool TryWrite(string text, Action write)
    {
        var checkpoint = _output.Check();
        try
        {
            write();
            return true;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            _output.Return(checkpoint);
            _output.Append(text.Replace("\n", _lineBreak, StringComparison.Ordinal));
            return false;
        }
    }

    private void WriteUpTo(int end, ContainerInline inlines)
    {
        for (var inline = inlines.FirstChild; inline is not null && inline.Span.Start < end; inline = inline.NextSibling)
        {
            // By its content, because the span of an escaped mark has the backslash, too.
            if (inline is LiteralInline literal && literal.Span.End >= end)
                literal.Content.End = end - 1;
            Write(inline);
        }
    }

    private void WriteAll(ContainerInline container)
    {
        // Unclosed delimiters nest as deep as there are many of them.
        RuntimeHelpers.EnsureSufficientExecutionStack();
        var open = _output.OpenMarks;
        for (var inline = container.FirstChild; inline is not null && !_isOver; inline = inline.NextSibling)
            Write(inline);
        while (_output.OpenMarks > open)
            _output.Close();
    }

    private void Write(Inline inline)
    {
        switch (inline)
        {
            case LiteralInline literal:
                WriteLiteral(literal);
                break;
            case LineBreakInline:
                _output.Append(_lineBreak);
                break;
            case CodeInline code:
                WriteCode(code.Content);
                break;
            case FormulaInline formula when MarksFormulas:
                _output.AppendAlone(TextMarkKind.Formula, formula.Content);
                break;
            case FormulaInline formula:
                Append(formula.Text.Replace("\n", _lineBreak, StringComparison.Ordinal));
                break;
            // A cell is text alone, and bars in it are what somebody wrote of.
            case EmphasisInline { DelimiterChar: '|' } bars when _isCell:
                Append("||");
                WriteAll(bars);
                Append("||");
                break;
            case EmphasisInline emphasis:
                WriteMarked(emphasis, KindOf(emphasis));
                break;
            case LinkInline link:
                WriteLink(link);
                break;
            case AutolinkInline autolink:
                WriteAutolink(autolink);
                break;
            case HtmlEntityInline reference:
                foreach (var c in reference.Transcoded.AsSpan())
                    Append(MarkdownSource.Visible(c) is { } visible ? [visible] : []);
                break;
            case ContainerInline container:
                if (container is DelimiterInline delimiter && delimiter != _link)
                    Append(delimiter.ToLiteral());
                WriteAll(container);
                break;
        }
    }

    private void WriteLiteral(LiteralInline literal)
    {
        var text = literal.Content.AsSpan();
        if (_open is null || literal.IsFirstCharacterEscaped || !ReferenceEquals(literal.Content.Text, _open))
            Append(text);
        else if (OpenEnd.OpenerCount(_open, literal.Content.Start, text) is var count and > 0 && !(_isLinkTextOver && OpenEnd.IsIn(_link, literal)))
            Open(text[0], count);
        else if (text.IndexOf('`') is var code and >= 0 && _open.AsSpan(literal.Content.Start + code).TrimStart('`') is var rest && !rest.Contains('\n'))
        {
            Append(text[..code]);
            WriteCode(rest);
            _isOver = true;
        }
        else
            Append(text);
    }

    // Emphasis that is open ends with what it is in.
    private void Open(char mark, int count)
    {
        if (mark is '~' or '|')
            _output.OpenUnlessIn(mark is '~' ? TextMarkKind.Strike : TextMarkKind.Spoiler);
        if (mark is '*' or '_' && count != 2)
            _output.OpenUnlessIn(TextMarkKind.Italic);
        if (mark is '*' or '_' && count >= 2)
            _output.OpenUnlessIn(TextMarkKind.Bold);
    }

    private void WriteMarked(ContainerInline container, TextMarkKind kind)
    {
        var open = _output.OpenMarks;
        _output.OpenUnlessIn(kind);
        WriteAll(container);
        if (_output.OpenMarks > open)
            _output.Close();
    }

    private static TextMarkKind KindOf(EmphasisInline emphasis) => (emphasis.DelimiterChar, emphasis.DelimiterCount) switch
    {
        ('~', _) => TextMarkKind.Strike,
        ('|', _) => TextMarkKind.Spoiler,
        (_, 2) => TextMarkKind.Bold,
        _ => TextMarkKind.Italic,
    };

    private void WriteCode(ReadOnlySpan<char> code)
    {
        // A link cannot hold code, and the link is worth more.
        if (_output.IsIn(TextMarkKind.Link))
            Append(code);
        else
            _output.AppendAlone(TextMarkKind.Code, code);
    }

    private void Append(ReadOnlySpan<char> text) =>
        _output.Append(_output.IsIn(TextMarkKind.Link) ? LinkTarget.WithoutControls(text.ToString()) : text);
}
