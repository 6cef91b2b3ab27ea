using Markdig.Extensions.Tables;

namespace Clawdex.Gateway.Markdown;

/// <summary>Rows of a table as lines of equally wide columns, for a font in which all characters have one width, or two.</summary>
internal sealed class TableLayout(IReadOnlyList<TableColumnAlign> columns)
{
    // One long cell must not blow up all rows: it sticks out, and the others stay narrow.
    private const int MaxColumn = 32;
    private const int MaxColumns = 32;

    private readonly List<TableCell[]> _rows = [];
    private readonly List<int> _widths = [];
    private bool _hasHeader;
    private int _length;

    public int Rows => _rows.Count;

    public void AddHeader(TableCell[] cells)
    {
        _hasHeader = true;
        Add(cells);
    }

    public void Add(TableCell[] cells)
    {
        _rows.Add(cells);
        _length = Widen(_widths, cells) ? Measure(_widths, _rows) : _length + Measure(_widths, [cells]);
    }

    /// <summary>How long the text would be with one more row.</summary>
    public int LengthWith(TableCell[] cells)
    {
        List<int> widths = [.. _widths];
        var length = Widen(widths, cells) ? Measure(widths, _rows) : _length;
        return length + Measure(widths, [cells]) + (_hasHeader ? RuleLength(widths) : 0);
    }

    /// <summary>Forgets the rows.</summary>
    public void Clear()
    {
        _rows.Clear();
        _widths.Clear();
        (_hasHeader, _length) = (false, 0);
    }

    /// <summary>The same rows and one more.</summary>
    public TableLayout With(TableCell[] cells)
    {
        var layout = new TableLayout(columns) { _hasHeader = _hasHeader };
        layout._rows.AddRange(_rows);
        layout._widths.AddRange(_widths);
        layout.Add(cells);
        return layout;
    }

    public void Write(StyledRun output)
    {
        output.Open(TextMarkKind.Pre);
        foreach (var (index, row) in _rows.Index())
        {
            if (index > 0)
                output.Append("\n");
            WriteRow(output, row);
            if (index == 0 && _hasHeader)
                output.Append("\n" + string.Join("-+-", _widths.Take(MaxColumns).Select(width => new string('-', width))));
        }

        output.Close();
    }

    private void WriteRow(StyledRun output, TableCell[] cells)
    {
        for (var i = 0; i < cells.Length; i++)
        {
            if (i > 0)
                output.Append(" | ");
            var gap = Gap(_widths, cells, i);
            var left = Alignment(i) switch
            {
                TableColumnAlign.Right => gap,
                TableColumnAlign.Center => gap / 2,
                _ => 0,
            };
            output.Append(new string(' ', left));
            output.Append(cells[i].Text);
            if (i < cells.Length - 1)
                output.Append(new string(' ', gap - left));
        }
    }

    private static bool Widen(List<int> widths, TableCell[] cells)
    {
        var widened = false;
        for (var i = 0; i < cells.Length && i < MaxColumns; i++)
        {
            if (widths.Count == i)
                widths.Add(1);
            var width = Math.Min(cells[i].Width, MaxColumn);
            widened |= width > widths[i];
            widths[i] = Math.Max(widths[i], width);
        }

        return widened;
    }

    private static int Measure(List<int> widths, List<TableCell[]> rows)
    {
        var length = 0;
        foreach (var cells in rows)
        {
            for (var i = 0; i < cells.Length; i++)
                length += cells[i].Text.Length + Gap(widths, cells, i) + " | ".Length;
        }

        return length;
    }

    private static int RuleLength(List<int> widths) => widths.Sum() + (widths.Count * "-+-".Length);

    private static int Gap(List<int> widths, TableCell[] cells, int column) =>
        column < MaxColumns ? Math.Max(widths[column] - cells[column].Width, 0) : 0;

    private TableColumnAlign Alignment(int column) => column < columns.Count ? columns[column] : TableColumnAlign.Left;
}

/// <summary>What a cell shows, and how many columns that takes.</summary>
internal readonly record struct TableCell(string Text)
{
    public int Width { get; } = TextWidth.Of(Text);
}
