using Markdig.Extensions.Tables;
using Markdig.Helpers;
using Markdig.Parsers;
using Markdig.Syntax;

namespace Clawdex.Gateway.Markdown;

/// <summary>
/// Tables of rows with pipes, as blocks: a row of dashes under a line with as many cells opens one, the first line without a
/// pipe ends it. Markdig's own parser looks at a paragraph as a whole instead, so one line below a table would unmake it, which
/// an answer that grows cannot have.
/// </summary>
internal sealed class PipeTableParser : BlockParser
{
    private readonly bool _heals;

    public PipeTableParser(bool heals)
    {
        _heals = heals;
        OpeningCharacters = ['|', '-', ':'];
    }

    public override BlockState TryOpen(BlockProcessor processor)
    {
        if (processor.IsCodeIndent || processor.CurrentBlock is not ParagraphBlock { Lines.Count: > 0 } paragraph)
            return BlockState.None;
        if (!TryReadRule(processor.Line, out var columns))
            return BlockState.None;

        var header = paragraph.Lines.Lines[paragraph.Lines.Count - 1];
        if (Cells(header.Slice).Count != columns.Count)
            return BlockState.None;

        RemoveLastLine(processor, paragraph);
        processor.NewBlocks.Push(new TableLines(this, header, columns)
        {
            Column = processor.Column,
            Span = new SourceSpan(header.Slice.Start, processor.Line.End),
        });
        return BlockState.ContinueDiscard;
    }

    public override BlockState TryContinue(BlockProcessor processor, Block block)
    {
        if (processor.IsBlankLine || processor.Line.AsSpan().IndexOf('|') < 0)
            return BlockState.None;

        block.UpdateSpanEnd(processor.Line.End);
        return BlockState.Continue;
    }

    /// <summary>Replaces the lines by Markdig's own table blocks, whose cells then are parsed like any paragraph.</summary>
    public override bool Close(BlockProcessor processor, Block block)
    {
        if (block is not TableLines { Parent: { } parent } lines)
            return true;

        var table = new Table { Span = lines.Span, Line = lines.Line };
        table.ColumnDefinitions.AddRange(lines.Columns);
        table.Add(Row(lines.Header, isHeader: true));
        for (var i = 0; i < lines.Lines.Count; i++)
            table.Add(Row(lines.Lines.Lines[i], isHeader: false));

        parent.Insert(parent.IndexOf(block), table);
        return false;
    }

    private TableRow Row(StringLine line, bool isHeader)
    {
        var row = new TableRow { IsHeader = isHeader, Line = line.Line, Span = new SourceSpan(line.Slice.Start, line.Slice.End) };
        foreach (var slice in Cells(line.Slice))
        {
            var cellLine = line;
            cellLine.Slice = slice;
            var lines = new StringLineGroup(1);
            lines.Add(ref cellLine);
            if (_heals)
                MarkdownHealing.Heal(ref lines);
            row.Add(new TableCell { new ParagraphBlock { Line = line.Line, Lines = lines, Span = new SourceSpan(slice.Start, slice.End) } });
        }

        return row;
    }

    private static void RemoveLastLine(BlockProcessor processor, ParagraphBlock paragraph)
    {
        var lines = paragraph.Lines;
        lines.RemoveAt(lines.Count - 1);
        paragraph.Lines = lines;
        if (lines.Count == 0)
            processor.Discard(paragraph);
        else
            paragraph.Span.End = lines.Lines[lines.Count - 1].Slice.End;
    }

    /// <summary>Reads <c>| :-- | --: |</c>. One pipe at least, or a dash alone would be a table.</summary>
    private static bool TryReadRule(StringSlice line, out List<TableColumnDefinition> columns)
    {
        columns = [];
        if (line.AsSpan().IndexOf('|') < 0 || line.AsSpan().IndexOfAnyExcept("|:- \t") >= 0)
            return false;

        foreach (var cell in Cells(line))
        {
            var text = cell.AsSpan();
            if (text.Trim(':').Length == 0 || text.Trim(':').IndexOfAnyExcept('-') >= 0)
                return false;
            columns.Add(new TableColumnDefinition
            {
                Alignment = (text[0], text[^1]) switch
                {
                    (':', ':') => TableColumnAlign.Center,
                    (_, ':') => TableColumnAlign.Right,
                    _ => TableColumnAlign.Left,
                },
            });
        }

        return true;
    }

    /// <summary>What stands between the pipes, except escaped ones; a pipe at either end of the line encloses nothing.</summary>
    private static List<StringSlice> Cells(StringSlice line)
    {
        line.Trim();
        List<StringSlice> cells = [];
        var start = line.CurrentChar == '|' ? line.Start + 1 : line.Start;
        for (var i = start; i <= line.End; i++)
        {
            if (line.Text[i] == '\\')
                i++;
            else if (line.Text[i] == '|')
            {
                cells.Add(Trimmed(line.Text, start, i - 1));
                start = i + 1;
            }
        }

        if (start <= line.End)
            cells.Add(Trimmed(line.Text, start, line.End));
        return cells;
    }

    private static StringSlice Trimmed(string text, int start, int end)
    {
        var cell = new StringSlice(text, start, end);
        cell.Trim();
        return cell;
    }

    /// <summary>A table while its lines are read.</summary>
    private sealed class TableLines(BlockParser parser, StringLine header, List<TableColumnDefinition> columns) : LeafBlock(parser)
    {
        public StringLine Header => header;

        public List<TableColumnDefinition> Columns => columns;
    }
}
