using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.RegularExpressions;
using Markdig.Helpers;
using Markdig.Parsers;
using Markdig.Syntax;

namespace Clawdex.Gateway.Markdown;

/// <summary>
/// The messages of one answer while it grows. Its lines go through Markdig's block parser as they come, each once; of the last
/// line, as soon as it is clear what it is. So a call costs as much as what is new and the block that is open, and what is
/// written is the same however the answer was cut into chunks.
/// </summary>
internal sealed partial class GrowingText
{
    private readonly MarkdownSource _source = new();
    private readonly MessageParts _parts = new();
    private readonly StringBuilder _line = new();
    private readonly InlineRenderer _inlines;
    private readonly BlockParserList _blockParsers;
    private readonly Action _failed;
    private BlockProcessor _blocks;
    private BlockRenderer _renderer;

    // Of the last line: how much of it the parser has seen, and when to look again whether it may see it.
    private int _fed;
    private int _look;
    private bool _isBlankBefore;
    private bool _isComplete;

    /// <param name="failed">Is called for each piece that the parser failed on, and that is shown as it is.</param>
    /// <param name="inlineParsers">For tests: others than <see cref="MarkdownSyntax"/>'s.</param>
    /// <param name="blockParsers">The same.</param>
    public GrowingText(Action? failed = null, InlineParserList? inlineParsers = null, BlockParserList? blockParsers = null)
    {
        _blockParsers = blockParsers ?? MarkdownSyntax.BlockParsers;
        _failed = failed ?? (static () => { });
        _inlines = new InlineRenderer(inlineParsers ?? MarkdownSyntax.InlineParsers, _failed);
        Begin();
    }

    /// <summary>The messages of the answer so far, none if nothing of it is visible. Each call's text starts with the text of the call before it.</summary>
    /// <param name="complete">False while more text may follow: open markup is closed, and incomplete markup at the end is left out.</param>
    public IReadOnlyList<MessageText> Render(string markdown, bool complete)
    {
        var text = _source.Take(markdown);
        for (var start = 0; start < text.Length;)
        {
            var end = text.IndexOf('\n', start);
            Take(text[start..(end < 0 ? text.Length : end)], isWhole: end >= 0);
            if (end >= 0)
                EndLine();
            start = end < 0 ? text.Length : end + 1;
        }

        if (complete && !_isComplete)
            Complete();
        return _parts.Frame(_renderer.WriteOpen);
    }

    /// <param name="isWhole">The line ends here: then nobody need guess what it is.</param>
    private void Take(string text, bool isWhole)
    {
        _line.Append(text);
        if (_fed > 0)
        {
            _renderer.Extend(text);
        }
        else if (!isWhole && _line.Length > _look)
        {
            // Seldom for a line that is long and still nothing but marks.
            _look = _line.Length < 256 ? 0 : _line.Length * 2;
            if (IsClear(_line.ToString()))
                Feed();
        }
    }

    [MemberNotNull(nameof(_blocks), nameof(_renderer))]
    private void Begin()
    {
        _blocks = new BlockProcessor(new MarkdownDocument(), _blockParsers, context: null);
        _renderer = new BlockRenderer(_blocks, _parts, _inlines);
    }

    private void Feed()
    {
        try
        {
            _fed = _line.Length;
            _blocks.ProcessLine(new StringSlice(_line.ToString()));
            _renderer.Advance(_isBlankBefore);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            Fail();
        }
    }

    // What the line is to be is unknown: it is text, as is what is left of the block before it, and what follows begins anew.
    private void Fail()
    {
        _failed();
        _renderer.EndPlain();
        _parts.AppendPlain(_line.ToString());
        _line.Clear();
        (_fed, _look) = (0, 0);
        Begin();
    }

    private void EndLine()
    {
        if (_fed == 0)
            Feed();
        else if (_renderer.Leaf is ParagraphBlock { Lines.Count: > 0 } paragraph)
            Complete(ref paragraph.Lines.Lines[paragraph.Lines.Count - 1].Slice);
        _isBlankBefore = IsBlank(_line);
        _line.Clear();
        (_fed, _look) = (0, 0);
    }

    // The parser looks at the last line of a paragraph once more when the next one may make it the head of a table.
    private void Complete(ref StringSlice line) => line = new StringSlice(line.ToString() + _line.ToString(_fed, _line.Length - _fed));

    private void Complete()
    {
        _isComplete = true;
        if (_line.Length > 0)
            EndLine();
        try
        {
            _blocks.Close(_blocks.Document);
            _renderer.Advance(_isBlankBefore);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            Fail();
        }
    }

    // A quote's mark alone is a blank line in the quote.
    private static bool IsBlank(StringBuilder line)
    {
        for (var i = 0; i < line.Length; i++)
        {
            if (line[i] is not (' ' or '\t' or '>'))
                return false;
        }

        return true;
    }

    /// <summary>True if what follows in the line cannot change what kind of a line it is.</summary>
    private bool IsClear(string line)
    {
        if (_renderer.Leaf is TableBlock)
            return line.Contains('|', StringComparison.Ordinal);
        // Whether it is the last one.
        if (_renderer.Leaf is FormulaBlock && line.AsSpan().TrimStart(" \t") is ['$' or '\\', ..])
            return false;

        var prefix = Prefix().Match(line).Length;
        return prefix < line.Length && !Unclear().IsMatch(line.AsSpan(prefix));
    }

    /// <summary>Indentation, and the marks of quotes and items with what separates them from their text.</summary>
    [GeneratedRegex(@"\A[ \t>]*(?:(?:[-*+]|[0-9]{1,9}[.)])[ \t]+[ \t>]*)*")]
    private static partial Regex Prefix();

    /// <summary>What may still become an item, a rule, a heading, a fence, a box, a formula or the rule of a table.</summary>
    [GeneratedRegex(@"\A(?:[0-9]{1,9}[.)]?|[-+*_ \t]+|#{1,6}[ \t#]*|[|:\- \t]+|`{1,2}|```.*|~{1,2}|~~~.*|\[[ xX]?\]?|\[[ xX]\][ \t]+|\$\$?[ \t.,;:!?]*|\\[\[\]]?[ \t.,;:!?]*|\\[a-z]{1,5}|\\(?:begin|end)\{[^ \t]*[ \t]*)\z", RegexOptions.Singleline)]
    private static partial Regex Unclear();
}
