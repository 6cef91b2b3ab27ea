using Markdig.Extensions.Tables;
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
    /// <summary>A longer line is no head of a table: until the next line comes, it may be one, and nothing of it is final.</summary>
    public const int MaxHeader = 1024;

    /// <summary>By then a head has its first pipe.</summary>
    public const int FirstPipe = 64;

    public PipeTableParser() => OpeningCharacters = ['|', '-', ':'];

    public override BlockState TryOpen(BlockProcessor processor)
    {
        if (processor.IsCodeIndent || processor.CurrentBlock is not ParagraphBlock { Lines.Count: > 0, Parent.IsOpen: true } paragraph)
            return BlockState.None;
        var header = paragraph.Lines.Lines[paragraph.Lines.Count - 1].Slice.ToString().TrimStart();
        if (header.Length >= MayBeHead(header[..Math.Min(header.Length, FirstPipe - 1)]) || !TryReadRule(processor.Line.ToString(), out var columns) || Cells(header).Count != columns.Count)
            return BlockState.None;

        RemoveLastLine(processor, paragraph);
        processor.NewBlocks.Push(new TableBlock(this, header, columns) { ReplacesParagraph = paragraph.Lines.Count == 0 });
        return BlockState.ContinueDiscard;
    }

    /// <summary>Up to which length a line that begins like this may be the head of a table.</summary>
    public static int MayBeHead(string start) => start.Contains('|', StringComparison.Ordinal) ? MaxHeader : FirstPipe;

    public override BlockState TryContinue(BlockProcessor processor, Block block) =>
        processor.Line.AsSpan().Contains('|') ? BlockState.Continue : BlockState.None;

    private static void RemoveLastLine(BlockProcessor processor, ParagraphBlock paragraph)
    {
        var lines = paragraph.Lines;
        lines.RemoveAt(lines.Count - 1);
        paragraph.Lines = lines;
        if (lines.Count == 0)
            processor.Discard(paragraph);
    }

    /// <summary>Reads <c>| :-- | --: |</c>. One pipe at least, or a dash alone would be a table.</summary>
    private static bool TryReadRule(string line, out List<TableColumnAlign> columns)
    {
        columns = [];
        if (!line.Contains('|', StringComparison.Ordinal) || line.AsSpan().IndexOfAnyExcept("|:- \t") >= 0)
            return false;

        foreach (var cell in Cells(line))
        {
            if (cell.Trim(':') is not { Length: > 0 } dashes || dashes.AsSpan().IndexOfAnyExcept('-') >= 0)
                return false;
            columns.Add((cell[0], cell[^1]) switch
            {
                (':', ':') => TableColumnAlign.Center,
                (_, ':') => TableColumnAlign.Right,
                _ => TableColumnAlign.Left,
            });
        }

        return true;
    }

    /// <summary>What stands between the pipes, except escaped ones; a pipe at either end of the line encloses nothing.</summary>
    public static List<string> Cells(string line)
    {
        line = line.Trim();
        List<string> cells = [];
        var start = line.StartsWith('|') ? 1 : 0;
        for (var i = start; i < line.Length; i++)
        {
            if (line[i] == '\\')
                i++;
            else if (line[i] == '|')
            {
                cells.Add(line[start..i].Trim());
                start = i + 1;
            }
        }

        if (start < line.Length)
            cells.Add(line[start..].Trim());
        return cells;
    }
}

/// <summary>A table, whose lines are its rows.</summary>
internal sealed class TableBlock(BlockParser parser, string header, List<TableColumnAlign> columns) : LeafBlock(parser)
{
    public string Header => header;

    public IReadOnlyList<TableColumnAlign> Columns => columns;

    /// <summary>True if its head was all that the paragraph before it had.</summary>
    public bool ReplacesParagraph { get; init; }
}
