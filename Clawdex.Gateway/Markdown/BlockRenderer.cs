using System.Globalization;
using System.Runtime.CompilerServices;
using Markdig.Extensions.Tables;
using Markdig.Extensions.TaskLists;
using Markdig.Syntax;

namespace Clawdex.Gateway.Markdown;

/// <summary>Writes a syntax tree as a chat shows it: lists with bullets, tables as aligned columns, the source's own blank lines between blocks.</summary>
internal sealed class BlockRenderer
{
    private const string Rule = "――――――――――";

    private static readonly string[] Bullets = ["• ", "◦ ", "▪ "];

    private readonly string _source;
    private readonly StyledRun _output;
    private readonly InlineRenderer _inlines;
    private int _lists;

    private BlockRenderer(string source)
    {
        (_source, _output) = (source, new StyledRun(source.Length));
        _inlines = new InlineRenderer(_output);
    }

    public static StyledRun Render(MarkdownDocument document, string source)
    {
        var renderer = new BlockRenderer(source);
        try
        {
            renderer.WriteAll(document, "");
            return renderer._output;
        }
        catch (InsufficientExecutionStackException)
        {
            return Unformatted(source);
        }
    }

    /// <summary>The source as it is, for what cannot be rendered.</summary>
    public static StyledRun Unformatted(string source)
    {
        var text = new StyledRun(source.Length);
        text.Append(source, 0);
        return text;
    }

    /// <param name="indent">Begins each line but the first.</param>
    private void WriteAll(ContainerBlock container, string indent)
    {
        RuntimeHelpers.EnsureSufficientExecutionStack();
        Block? before = null;
        foreach (var block in container)
        {
            if (before is not null)
                Separate(before, block, indent);
            Write(block, indent);
            before = block;
        }
    }

    private void Separate(Block before, Block block, string indent)
    {
        var isApart = block is HeadingBlock || FollowsBlankLine(block.Span.Start);
        _output.AppendAfter(isApart ? "\n\n" : "\n");
        // A heading stays with what it is the heading of.
        if (before is not HeadingBlock)
            _output.Break(isTopLevel: block.Parent is MarkdownDocument);
        if (block is not CodeBlock)
            _output.AppendFor(indent, block.Span.Start);
    }

    private bool FollowsBlankLine(int position)
    {
        var lineStart = _source.LastIndexOf('\n', Math.Max(position - 1, 0)) + 1;
        if (lineStart == 0)
            return false;

        var previousStart = lineStart == 1 ? 0 : _source.LastIndexOf('\n', lineStart - 2) + 1;
        return _source.AsSpan(previousStart, lineStart - previousStart).IndexOfAnyExcept(" \t>\n") < 0;
    }

    private void Write(Block block, string indent)
    {
        switch (block)
        {
            case HeadingBlock heading:
                _output.Open(TextMarkKind.Bold);
                _inlines.Write(heading, " ");
                _output.Close();
                break;
            case CodeBlock code:
                WriteCode(code);
                break;
            case ListBlock list:
                WriteList(list, indent);
                break;
            case QuoteBlock quote:
                WriteQuote(quote, indent);
                break;
            case Table table:
                WriteTable(table);
                break;
            case ThematicBreakBlock:
                _output.AppendFor(Rule, block.Span.Start);
                break;
            case LeafBlock leaf:
                _inlines.Write(leaf, "\n" + indent);
                break;
            case ContainerBlock container:
                WriteAll(container, indent);
                break;
        }
    }

    private void WriteList(ListBlock list, string indent)
    {
        var bullet = Bullets[Math.Min(_lists++, Bullets.Length - 1)];
        var number = list.IsOrdered && int.TryParse(list.OrderedStart, CultureInfo.InvariantCulture, out var start) ? start : 1;
        ListItemBlock? before = null;
        foreach (var item in list.OfType<ListItemBlock>())
        {
            if (before is not null)
                Separate(before, item, indent);
            var marker = list.IsOrdered ? string.Create(CultureInfo.InvariantCulture, $"{number++}. ") : bullet;
            // The box of a task is bullet enough.
            if (list.IsOrdered || item is not [ParagraphBlock { Inline.FirstChild: TaskList }, ..])
                _output.AppendFor(marker, item.Span.Start);
            WriteAll(item, indent + new string(' ', marker.Length + 1));
            before = item;
        }

        _lists--;
    }

    // Telegram's quotes do not nest: the inner one keeps its mark as text.
    private void WriteQuote(QuoteBlock quote, string indent)
    {
        if (_output.IsIn(TextMarkKind.Quote))
        {
            _output.AppendFor("> ", quote.Span.Start);
            WriteAll(quote, indent + "> ");
            return;
        }

        _output.Open(TextMarkKind.Quote);
        WriteAll(quote, indent);
        _output.Close();
    }

    private void WriteCode(CodeBlock code)
    {
        var around = _output.Suspend();
        _output.Open(TextMarkKind.Pre, Language(code));
        for (var i = 0; i < code.Lines.Count; i++)
        {
            if (i > 0)
                _output.AppendAfter("\n");
            WriteCodeLine(code.Lines.Lines[i].Slice.AsSpan(), code.Lines.Lines[i].Slice.Start);
        }

        _output.TrimEnd();
        _output.Close();
        _output.Resume(around);
    }

    private void WriteCodeLine(ReadOnlySpan<char> line, int source)
    {
        for (var tab = line.IndexOf('\t'); tab >= 0; tab = line.IndexOf('\t'))
        {
            _output.Append(line[..tab], source);
            _output.AppendFor("    ", source + tab);
            line = line[(tab + 1)..];
            source += tab + 1;
        }

        _output.Append(line, source);
    }

    private static string? Language(CodeBlock code)
    {
        var info = (code as FencedCodeBlock)?.Info;
        return string.IsNullOrWhiteSpace(info) || info.Length > 32 ? null : info;
    }

    private void WriteTable(Table table)
    {
        var around = _output.Suspend();
        _output.Open(TextMarkKind.Pre);
        new TableLayout(table).Write(_output);
        _output.Close();
        _output.Resume(around);
    }
}
