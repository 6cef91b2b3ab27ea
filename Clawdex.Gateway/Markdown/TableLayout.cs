using Markdig.Extensions.Tables;
using Markdig.Syntax;

namespace Clawdex.Gateway.Markdown;

/// <summary>A table as lines of equally wide columns, for a font in which all characters have one width, or two.</summary>
internal sealed class TableLayout
{
    // One long cell must not blow up all rows: it sticks out, and the others stay narrow.
    private const int MaxColumn = 32;
    private const int MaxColumns = 32;

    private readonly List<(TableRow Row, List<StyledRun> Cells)> _rows = [];
    private readonly List<int> _widths = [];
    private readonly Table _table;

    public TableLayout(Table table)
    {
        _table = table;
        foreach (var row in table.OfType<TableRow>())
        {
            List<StyledRun> cells = [.. row.OfType<TableCell>().Select(Cell)];
            _rows.Add((row, cells));
            for (var i = 0; i < cells.Count; i++)
            {
                if (_widths.Count == i)
                    _widths.Add(1);
                _widths[i] = Math.Max(_widths[i], Math.Min(TextWidth.Of(cells[i].ToString()), MaxColumn));
            }
        }
    }

    public void Write(StyledRun output)
    {
        for (var i = 0; i < _rows.Count; i++)
        {
            var (row, cells) = _rows[i];
            if (i > 0)
                output.AppendAfter("\n");
            WriteRow(output, row, cells);
            if (row.IsHeader)
                output.AppendAfter("\n" + string.Join("-+-", _widths.Take(MaxColumns).Select(width => new string('-', width))));
        }
    }

    private void WriteRow(StyledRun output, TableRow row, List<StyledRun> cells)
    {
        for (var i = 0; i < cells.Count; i++)
        {
            if (i > 0)
                output.AppendAfter(" | ");
            var gap = i < MaxColumns ? Math.Max(_widths[i] - TextWidth.Of(cells[i].ToString()), 0) : 0;
            var left = Alignment(i) switch
            {
                TableColumnAlign.Right => gap,
                TableColumnAlign.Center => gap / 2,
                _ => 0,
            };
            // A line begins with its own source, or it could not be cut off the line before it.
            if (i == 0)
                output.AppendFor(new string(' ', left), row.Span.Start);
            else
                output.AppendAfter(new string(' ', left));
            output.AppendPlain(cells[i]);
            if (i < cells.Count - 1)
                output.AppendAfter(new string(' ', gap - left));
        }
    }

    private TableColumnAlign? Alignment(int column) =>
        column < _table.ColumnDefinitions.Count ? _table.ColumnDefinitions[column].Alignment : null;

    private static StyledRun Cell(TableCell cell)
    {
        var text = new StyledRun(MaxColumn);
        foreach (var block in cell.OfType<LeafBlock>())
            new InlineRenderer(text).Write(block, " ");
        return text;
    }
}
