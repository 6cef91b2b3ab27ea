using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Markdig.Extensions.Tables;
using Markdig.Helpers;
using Markdig.Parsers;
using Markdig.Syntax;

namespace Clawdex.Gateway.Markdown;

/// <summary>
/// A complete answer in the HTML of Telegram's rich messages, which show what the HTML of others cannot: tables, boxes of tasks,
/// formulas and details. Written from the same syntax tree, so that links and marks mean the same; a model's own tags stay text.
/// </summary>
internal sealed partial class RichText
{
    private const int MaxLength = 32_768;
    private const int MaxBlocks = 500;
    private const int MaxColumns = 20;
    private const int MaxDepth = 16;

    // A paragraph is read as a whole here: what is longer is shown as it grew.
    private const int MaxSource = 8_192;

    private readonly StringBuilder _html = new();
    private readonly InlineRenderer _inlines = new(MarkdownSyntax.InlineParsers, static () => { }) { MarksFormulas = true };
    private bool _isNeeded;
    private bool _isTooLarge;
    private int _blocks;
    private int _depth;
    private int _details;

    /// <param name="markdown">The model's.</param>
    /// <param name="note">The bot's own below it; empty = none.</param>
    /// <returns>Null = it has nothing of that kind, or is too large for one.</returns>
    public static string? Render(string markdown, string note)
    {
        if (markdown.Length > MaxSource)
            return null;
        var text = new RichText();
        try
        {
            text.Write(markdown);
            if (!text._isNeeded)
                return null;
            text.Write(note);
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            // What the parser fails on is shown as it grew.
            return null;
        }

        return text is { _isTooLarge: false, _blocks: <= MaxBlocks, _details: 0, _html.Length: <= MaxLength } ? text._html.ToString() : null;
    }

    private void Write(string markdown)
    {
        var blocks = new BlockProcessor(new MarkdownDocument(), MarkdownSyntax.BlockParsers, context: null);
        foreach (var line in new MarkdownSource().Take(markdown).Split('\n'))
            blocks.ProcessLine(new StringSlice(line));
        blocks.Close(blocks.Document);
        WriteAll(blocks.Document);
    }

    private void WriteAll(ContainerBlock container)
    {
        _isTooLarge |= ++_depth > MaxDepth;
        foreach (var block in container)
        {
            _blocks++;
            Write(block);
        }

        _depth--;
    }

    private void Write(Block block)
    {
        switch (block)
        {
            case ListBlock { IsOrdered: true } list:
                var start = int.TryParse(list.OrderedStart, CultureInfo.InvariantCulture, out var first) ? first : 1;
                WriteIn("ol", start == 1 ? "" : string.Create(CultureInfo.InvariantCulture, $" start=\"{start}\""), list);
                break;
            case ListBlock list:
                WriteIn("ul", "", list);
                break;
            case ListItemBlock item:
                WriteIn("li", "", item);
                break;
            case QuoteBlock quote:
                WriteIn("blockquote", "", quote);
                break;
            case ThematicBreakBlock:
                _html.Append("<hr>");
                break;
            case TableBlock table:
                WriteTable(table);
                break;
            case FormulaBlock formula:
                _isNeeded = true;
                Tag("tg-math-block", HtmlWriter.Escaped(FormulaOf(formula)));
                break;
            case CodeBlock code:
                WriteCode(code);
                break;
            case HeadingBlock heading:
                Tag(string.Create(CultureInfo.InvariantCulture, $"h{heading.Level}"), Inline(TextOf(heading)));
                break;
            case LeafBlock leaf:
                WriteParagraph(leaf);
                break;
        }
    }

    private void WriteIn(string tag, string attributes, ContainerBlock container)
    {
        _html.Append('<').Append(tag).Append(attributes).Append('>');
        WriteAll(container);
        _html.Append("</").Append(tag).Append('>');
    }

    private void WriteParagraph(LeafBlock leaf)
    {
        var text = TextOf(leaf);
        var isFirstOfItem = leaf.Parent is ListItemBlock item && item[0] == leaf;
        if (BlockRenderer.IsTaskDone(leaf) is { } isDone)
        {
            _isNeeded = true;
            _html.Append(isDone ? "<input type=\"checkbox\" checked>" : "<input type=\"checkbox\">");
            text = text["[ ] ".Length..];
        }

        if (DetailsStart().Match(text) is { Success: true } details && leaf.Parent is MarkdownDocument)
        {
            _isNeeded = true;
            _details++;
            _html.Append("<details>");
            Tag("summary", Inline(details.Groups["summary"].Value));
            text = text[details.Length..];
        }

        var end = DetailsEnd().Match(text);
        var endsDetails = end.Success && _details > 0 && leaf.Parent is MarkdownDocument;
        if (endsDetails)
            text = text[..end.Index];
        if (isFirstOfItem)
            _html.Append(Inline(text));
        else if (!string.IsNullOrWhiteSpace(text))
            Tag("p", Inline(text));
        if (!endsDetails)
            return;
        _details--;
        _html.Append("</details>");
    }

    private void WriteTable(TableBlock table)
    {
        _isNeeded = true;
        _html.Append("<table bordered>");
        WriteRow("th", table.Header, table.Columns);
        for (var i = 0; i < table.Lines.Count; i++)
            WriteRow("td", table.Lines.Lines[i].Slice.ToString(), table.Columns);
        _html.Append("</table>");
    }

    private void WriteRow(string tag, string line, IReadOnlyList<TableColumnAlign> columns)
    {
        _blocks++;
        var cells = PipeTableParser.Cells(line);
        _isTooLarge |= Math.Max(cells.Count, columns.Count) > MaxColumns;
        _html.Append("<tr>");
        for (var i = 0; i < Math.Max(cells.Count, columns.Count); i++)
        {
            var align = i < columns.Count ? columns[i] : TableColumnAlign.Left;
            _html.Append('<').Append(tag);
            if (align is not TableColumnAlign.Left)
                _html.Append(align is TableColumnAlign.Center ? " align=\"center\"" : " align=\"right\"");
            _html.Append('>').Append(i < cells.Count ? Inline(cells[i].Replace(@"\|", "|", StringComparison.Ordinal)) : "");
            _html.Append("</").Append(tag).Append('>');
        }

        _html.Append("</tr>");
    }

    private void WriteCode(CodeBlock code)
    {
        var language = BlockRenderer.Language(code) is { } name ? $" class=\"language-{HtmlWriter.Escaped(name)}\"" : "";
        _html.Append("<pre><code").Append(language).Append('>').Append(HtmlWriter.Escaped(TextOf(code))).Append("</code></pre>");
    }

    private void Tag(string tag, string content) => _html.Append('<').Append(tag).Append('>').Append(content).Append("</").Append(tag).Append('>');

    private string Inline(string text)
    {
        var run = new StyledRun();
        text = text.Trim();
        _inlines.Write(text, _inlines.Parse(text), run, "\n");
        foreach (var mark in run.Marks)
            _isNeeded |= mark.Kind is TextMarkKind.Formula;
        return HtmlWriter.Write(run, run.ToString(), 0, run.Length).Replace("\n", "<br>", StringComparison.Ordinal);
    }

    // A block that is empty has no array of lines.
    private static string TextOf(LeafBlock leaf) =>
        leaf.Lines.Count == 0 ? "" : string.Join('\n', leaf.Lines.Lines.Take(leaf.Lines.Count).Select(line => line.Slice.ToString()));

    /// <summary>Without the lines of its marks.</summary>
    private static string FormulaOf(FormulaBlock formula) =>
        string.Join('\n', TextOf(formula).Split('\n').Where(line => line.Trim() is not @"\[" && !FormulaBlockParser.IsMark(line, "$$") && !FormulaBlockParser.IsMark(line, @"\]"))).Trim();

    [GeneratedRegex(@"\A<details(?: open)?>\s*<summary>(?<summary>[^<\n]+)</summary>\s*")]
    private static partial Regex DetailsStart();

    [GeneratedRegex(@"\s*</details>\s*\z")]
    private static partial Regex DetailsEnd();
}
