using System.Text;

namespace Clawdex.Gateway.Markdown;

/// <summary>A block of text that is being written. What cannot change any more goes to the message at once.</summary>
internal abstract class OpenBlock
{
    /// <summary>A line begins, with so much of it as is known.</summary>
    public abstract void AddLine(string text);

    /// <summary>The last line goes on.</summary>
    public abstract void Extend(string text);

    /// <summary>Writes what can still change as it looks now.</summary>
    public virtual void WriteOpen()
    {
    }

    /// <summary>Writes all that is left, since nothing more comes.</summary>
    public virtual void End()
    {
    }

    /// <summary>Writes all that is left as it is, since it cannot be read.</summary>
    public virtual void EndPlain()
    {
    }
}

/// <summary>Code, or a formula: lines as they are.</summary>
internal sealed class OpenCode(StyledRun output, string lineBreak) : OpenBlock
{
    // Blank lines and spaces that only are worth something when more follows.
    private readonly StringBuilder _space = new();
    private bool _hasLines;

    public override void AddLine(string text)
    {
        if (_hasLines)
            _space.Append(lineBreak);
        _hasLines = true;
        Extend(text);
    }

    public override void Extend(string text)
    {
        text = text.Replace("\t", "    ", StringComparison.Ordinal);
        var end = text.AsSpan().TrimEnd(' ').Length;
        if (end > 0)
        {
            output.Append(_space.Append(text, 0, end).ToString());
            _space.Clear();
        }

        _space.Append(text, end, text.Length - end);
    }
}

/// <summary>A table, row by row. Each message has columns as wide as its own rows need.</summary>
internal sealed class OpenTable : OpenBlock
{
    // Of a row that is not complete, this much is shown.
    private const int MaxOpenRow = 1024;

    private readonly MessageParts _parts;
    private readonly InlineRenderer _inlines;
    private readonly TableLayout _layout;
    private StringBuilder? _row;

    public OpenTable(TableBlock table, MessageParts parts, InlineRenderer inlines)
    {
        (_parts, _inlines, _layout) = (parts, inlines, new TableLayout(table.Columns));
        _layout.AddHeader(Cells(table.Header, isOpen: false));
    }

    public override void AddLine(string text)
    {
        EndRow();
        _row = new StringBuilder(text);
    }

    public override void Extend(string text) => _row?.Append(text);

    public override void WriteOpen() =>
        _layout.Write(_parts.Text, _row is { Length: <= MaxOpenRow } ? Cells(_row.ToString(), isOpen: true) : null);

    public override void End()
    {
        EndRow();
        _layout.Write(_parts.Text);
    }

    public override void EndPlain()
    {
        _layout.Write(_parts.Text);
        if (_row is not null)
            _parts.Text.Append($"\n{_row}");
    }

    private void EndRow()
    {
        if (_row is null)
            return;

        var cells = Cells(_row.ToString(), isOpen: false);
        _row = null;
        if (_layout.TryAdd(cells, TelegramText.MaxLength - _parts.Text.Length))
            return;

        // A table that begins in the second half of a message rather moves to the next one as a whole.
        if (_parts.Text.Length <= TelegramText.MaxLength / 2)
        {
            _layout.Write(_parts.Text);
            _layout.Clear();
        }

        _parts.Close();
        _layout.Add(cells);
    }

    private TableCell[] Cells(string row, bool isOpen)
    {
        var cells = PipeTableParser.Cells(row.Replace('\t', ' '));
        var shown = new TableCell[cells.Count];
        for (var i = 0; i < shown.Length; i++)
            shown[i] = new TableCell(_inlines.Cell(cells[i], isOpen && i == shown.Length - 1));
        return shown;
    }
}
