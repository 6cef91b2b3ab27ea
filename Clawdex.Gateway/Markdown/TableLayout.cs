using System.Text;
using Markdig.Extensions.Tables;

namespace Clawdex.Gateway.Markdown;

/// <summary>Rows of a table as lines of equally wide columns, for a font in which all characters have one width, or two.</summary>
internal sealed class TableLayout(IReadOnlyList<TableColumnAlign> columns)
{
    // One long cell must not blow up all rows: it sticks out, and the others stay narrow.
    private const int MaxColumn = 32;
    private const int MaxColumns = 32;

    private readonly List<TableCell[]> _rows = [];
    private readonly StringBuilder _text = new();
    private readonly List<int> _widths = [];
    private bool _hasHeader;

    public int Rows => _rows.Count;

    public void AddHeader(TableCell[] cells)
    {
        _hasHeader = true;
        Add(cells);
    }

    public void Add(TableCell[] cells)
    {
        _rows.Add(cells);
        if (Widen(cells))
            WriteAgain();
        else
            WriteRow(_rows.Count - 1);
    }

    /// <returns>False if the text would be longer than <paramref name="max"/>: then the row is not added, except as the first.</returns>
    public bool TryAdd(TableCell[] cells, int max)
    {
        var (widths, length) = (_widths.ToArray(), _text.Length);
        Add(cells);
        var fits = _text.Length <= max || _rows.Count == 1;
        if (!fits)
            RemoveLast(widths, length);
        return fits;
    }

    /// <summary>Forgets the rows.</summary>
    public void Clear()
    {
        _rows.Clear();
        _widths.Clear();
        _text.Clear();
        _hasHeader = false;
    }

    /// <param name="open">A row that is not complete yet.</param>
    public void Write(StyledRun output, TableCell[]? open = null)
    {
        var (widths, length) = (_widths.ToArray(), _text.Length);
        if (open is not null)
            Add(open);
        output.Open(TextMarkKind.Pre);
        output.Append(_text.ToString());
        output.Close();
        if (open is not null)
            RemoveLast(widths, length);
    }

    private void RemoveLast(int[] widths, int length)
    {
        _rows.RemoveAt(_rows.Count - 1);
        if (_widths.SequenceEqual(widths))
        {
            _text.Length = length;
            return;
        }

        _widths.Clear();
        _widths.AddRange(widths);
        WriteAgain();
    }

    private void WriteAgain()
    {
        _text.Clear();
        for (var row = 0; row < _rows.Count; row++)
            WriteRow(row);
    }

    private void WriteRow(int row)
    {
        if (row > 0)
            _text.Append('\n');
        WriteCells(_rows[row]);
        if (row == 0 && _hasHeader)
            _text.Append('\n').AppendJoin("-+-", _widths.Select(width => new string('-', width)));
    }

    private void WriteCells(TableCell[] cells)
    {
        for (var i = 0; i < cells.Length; i++)
        {
            if (i > 0)
                _text.Append(" | ");
            var gap = i < MaxColumns ? Math.Max(_widths[i] - cells[i].Width, 0) : 0;
            var left = Alignment(i) switch
            {
                TableColumnAlign.Right => gap,
                TableColumnAlign.Center => gap / 2,
                _ => 0,
            };
            _text.Append(' ', left).Append(cells[i].Text);
            if (i < cells.Length - 1)
                _text.Append(' ', gap - left);
        }
    }

    private bool Widen(TableCell[] cells)
    {
        var widened = false;
        for (var i = 0; i < cells.Length && i < MaxColumns; i++)
        {
            if (_widths.Count == i)
            {
                _widths.Add(1);
                widened = true;
            }

            var width = Math.Min(cells[i].Width, MaxColumn);
            widened |= width > _widths[i];
            _widths[i] = Math.Max(_widths[i], width);
        }

        return widened;
    }

    private TableColumnAlign Alignment(int column) => column < columns.Count ? columns[column] : TableColumnAlign.Left;
}

/// <summary>What a cell shows, and how many columns that takes.</summary>
internal readonly record struct TableCell(string Text)
{
    public int Width { get; } = TextWidth.Of(Text);
}
