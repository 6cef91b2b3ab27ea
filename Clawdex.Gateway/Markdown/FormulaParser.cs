using System.Buffers;
using System.Text.RegularExpressions;
using Markdig.Helpers;
using Markdig.Parsers;
using Markdig.Syntax;
using Markdig.Syntax.Inlines;

namespace Clawdex.Gateway.Markdown;

/// <summary>Formulas within a line, which are left as they are: <c>$…$</c>, <c>$$…$$</c>, <c>\(…\)</c> and <c>\[…\]</c>.</summary>
internal sealed class FormulaParser : InlineParser
{
    public const int MaxLength = 1000;

    private static readonly SearchValues<char> Signs = SearchValues.Create(@"\^_={}");

    public FormulaParser() => OpeningCharacters = ['$', '\\'];

    /// <summary>Whether a paragraph ends within a formula that begins a line: then a sign at the begin of the next one is no mark.</summary>
    public static bool IsOpenIn(Block? block) =>
        block is ParagraphBlock { Lines.Count: > 0, Parent.IsOpen: true } paragraph && OpenFormulas.Of(paragraph).AreThereAfter(paragraph.Lines);

    /// <summary>Where a text that grows ends within a formula; else its length.</summary>
    public static int OpenStart(string text)
    {
        var start = Math.Max(OpenStart(text, @"\(", @"\)"), OpenStart(text, @"\[", @"\]"));
        start = start < 0 ? OpenDollars(text) : start;
        // In code it is none.
        return start < 0 || text.Length - start > MaxLength || text.AsSpan(0, start).Count('`') % 2 == 1 ? text.Length : start;
    }

    private static int OpenStart(string text, string opener, string closer)
    {
        var start = text.LastIndexOf(opener, StringComparison.Ordinal);
        return start >= 0 && text.IndexOf(closer, start, StringComparison.Ordinal) < 0 ? start : -1;
    }

    // Those that nothing has closed in their line, if one of the signs of formulas stands behind them.
    private static int OpenDollars(string text)
    {
        var (start, open) = (-1, 0);
        for (var i = text.LastIndexOf('\n') + 1; i < text.Length; i++)
        {
            if (text[i] == '\\')
                i++;
            if (i >= text.Length || text[i] != '$')
                continue;

            var count = text.AsSpan(i).StartsWith("$$") ? 2 : 1;
            var begins = i + count < text.Length && !char.IsWhiteSpace(text[i + count]) && !char.IsDigit(text[i + count]);
            (start, open) = open == count ? (-1, 0) : open == 0 && begins ? (i, count) : (start, open);
            i += count - 1;
        }

        return start >= 0 && text.AsSpan(start).ContainsAny(Signs) ? start : -1;
    }

    public override bool Match(InlineProcessor processor, ref StringSlice slice)
    {
        var text = slice.AsSpan();
        if (text.Length > MaxLength)
            text = text[..MaxLength];
        var length = text switch
        {
            // Three are a price level, as two with prose between them.
            ['$', '$', not '$', ..] when slice.PeekCharExtra(-1) != '$' => DollarsLength(text),
            ['$', ..] when slice.PeekCharExtra(-1) != '$' => DollarLength(text),
            ['\\', '(', ..] => Length(text, @"\)"),
            // A link that is no link, or a note in brackets that are none.
            ['\\', '[', ..] when Length(text, @"\]") is var end && (end == text.Length || text[end..] is not ['(' or '[' or ':', ..]) => end,
            _ => 0,
        };
        if (length == 0)
            return false;

        processor.Inline = new FormulaInline(slice.Text.Substring(slice.Start, length)) { Span = new SourceSpan(processor.GetSourcePosition(slice.Start), 0) };
        slice.Start += length;
        return true;
    }

    private static int DollarsLength(ReadOnlySpan<char> text)
    {
        var length = Length(text, "$$");
        if (length == 0 || (length < text.Length && text[length] == '$'))
            return 0;

        var content = text[2..(length - 2)];
        return HasMarkup(content) || (content.Contains('*') && !content.ContainsAny(Signs)) ? 0 : length;
    }

    private static int Length(ReadOnlySpan<char> text, string closer)
    {
        var end = text[2..].IndexOf(closer, StringComparison.Ordinal);
        return end <= 0 || text.Slice(2, end).IsWhiteSpace() || text.Slice(2, end).Contains('`') ? 0 : end + 4;
    }

    // Pandoc's rules: no space inside of the marks, no digit behind them.
    private static int DollarLength(ReadOnlySpan<char> text)
    {
        for (var i = 2; i < text.Length && text[i] != '\n'; i++)
        {
            if (text[i] == '\\')
                i++;
            else if (text[i] == '$')
            {
                var content = text[1..i];
                var next = i + 1 < text.Length ? text[i + 1] : ' ';
                var isFormula = !char.IsWhiteSpace(content[0]) && !char.IsWhiteSpace(content[^1]) && !char.IsDigit(next) && next != '$';
                return isFormula && !IsProse(content, next) ? i + 1 : 0;
            }
        }

        return 0;
    }

    // Between two prices, or two names with a dollar before them.
    private static bool IsProse(ReadOnlySpan<char> content, char next) =>
        content.Contains('`')
        || HasMarkup(content)
        || ((char.IsDigit(content[0]) || char.IsAsciiLetter(next)) && content.Contains(' ') && !content.ContainsAny(Signs));

    private static bool HasMarkup(ReadOnlySpan<char> content) =>
        content.Contains("](", StringComparison.Ordinal) || (content.Contains("**", StringComparison.Ordinal) && !content.Contains('^'));
}

/// <summary>Which formulas begin a line of a paragraph, or end one, and go on. Each of its lines is looked at once.</summary>
internal sealed class OpenFormulas
{
    private int _lines;
    private int _length;
    private int? _bracket;
    private int? _dollars;
    private int _count;

    public static OpenFormulas Of(ParagraphBlock paragraph)
    {
        if (paragraph.GetData(typeof(OpenFormulas)) is not OpenFormulas formulas)
            paragraph.SetData(typeof(OpenFormulas), formulas = new OpenFormulas());
        return formulas;
    }

    public bool AreThereAfter(StringLineGroup lines)
    {
        for (; _lines < lines.Count; _lines++)
            Add(lines.Lines[_lines].Slice.AsSpan().TrimStart(" \t"));
        return _length - _bracket < FormulaParser.MaxLength || _length - _dollars < FormulaParser.MaxLength;
    }

    private void Add(ReadOnlySpan<char> line)
    {
        if (line.LastIndexOf(@"\[") is var open && line.LastIndexOf(@"\]") is var close && close > open)
            _bracket = null;
        else if (open == 0 || (open > 0 && line[(open + 2)..].IsWhiteSpace()))
            _bracket = _length;

        // Two dollars may close one as well.
        _count += line.Count("$$");
        if (line.LastIndexOf("$$") is var last and >= 0)
            _dollars = last == 0 && _count % 2 == 1 ? _length : null;
        _length += line.Length;
    }
}

/// <summary>The text of a formula, with its marks.</summary>
internal sealed class FormulaInline(string text) : LeafInline
{
    public string Text => text;

    /// <summary>Without them.</summary>
    public ReadOnlySpan<char> Content => text is ['$', not '$', ..] ? text.AsSpan()[1..^1] : text.AsSpan()[2..^2];
}

/// <summary>
/// A formula of several lines: from a line that is <c>$$</c>, <c>\[</c> or <c>\begin{…}</c> to its counterpart. A blank line ends
/// it, too.
/// </summary>
internal sealed partial class FormulaBlockParser : BlockParser
{
    public FormulaBlockParser() => OpeningCharacters = ['$', '\\'];

    public override BlockState TryOpen(BlockProcessor processor)
    {
        if (processor.IsCodeIndent || EndOf(processor.Line.ToString().TrimEnd(' ', '\t')) is not { } end || FormulaParser.IsOpenIn(processor.CurrentBlock))
            return BlockState.None;

        processor.NewBlocks.Push(new FormulaBlock(this, end) { Column = processor.Column });
        return BlockState.Continue;
    }

    public override BlockState TryContinue(BlockProcessor processor, Block block)
    {
        if (processor.IsBlankLine)
            return BlockState.BreakDiscard;

        processor.GoToColumn(processor.ColumnBeforeIndent);
        return IsEnd(processor.Line.AsSpan(), ((FormulaBlock)block).End) ? BlockState.Break : BlockState.Continue;
    }

    /// <summary>A sentence may go through a formula: then it goes on behind the mark.</summary>
    public static bool IsEnd(ReadOnlySpan<char> line, string end) => line.TrimStart(" \t").StartsWith(end, StringComparison.Ordinal);

    /// <summary>Nothing but the mark, and perhaps a sentence's sign.</summary>
    public static bool IsMark(ReadOnlySpan<char> line, string end) => line.Trim(" \t").TrimEnd(".,;:!?").SequenceEqual(end);

    private static string? EndOf(string line) => line switch
    {
        "$$" => "$$",
        @"\[" => @"\]",
        _ => Environment().Match(line) is { Success: true } environment ? $@"\end{environment.Groups["name"]}" : null,
    };

    [GeneratedRegex(@"\A\\begin(?<name>\{[A-Za-z]+\*?\})(?:(?!\\end)[^ \t])*\z")]
    private static partial Regex Environment();
}

internal sealed class FormulaBlock(BlockParser parser, string end) : LeafBlock(parser)
{
    public string End => end;
}

/// <summary><c>&lt;br&gt;</c>, the one tag that models write because Markdown has nothing else for it.</summary>
internal sealed class HtmlBreakParser : InlineParser
{
    public HtmlBreakParser() => OpeningCharacters = ['<'];

    public override bool Match(InlineProcessor processor, ref StringSlice slice)
    {
        var text = slice.AsSpan();
        if (!text.StartsWith("<br", StringComparison.OrdinalIgnoreCase))
            return false;

        var rest = text[3..].TrimStart(' ');
        rest = rest is ['/', ..] ? rest[1..] : rest;
        if (rest is not ['>', ..])
            return false;

        processor.Inline = new LineBreakInline { IsHard = true, Span = new SourceSpan(processor.GetSourcePosition(slice.Start), 0) };
        // One at the end of a line is that line's break.
        var line = rest[1..].TrimStart(" \t");
        rest = line is ['\n', ..] ? line : rest;
        slice.Start += text.Length - rest.Length + 1;
        return true;
    }
}
