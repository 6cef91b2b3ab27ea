using System.Runtime.InteropServices;
using System.Text;

namespace Clawdex.Gateway.Markdown;

/// <summary>A text as its reader sees it, its formatting, and where it may be cut. Written from the start to the end.</summary>
internal sealed class StyledRun
{
    private readonly StringBuilder _text = new();
    private readonly List<StyleSpan> _marks = [];
    private readonly List<int> _open = [];
    private readonly List<(int Position, bool IsTopLevel)> _breaks = [];

    public int Length => _text.Length;

    /// <summary>In the order of their starts, outer ones first; properly nested. One that is still open ends nowhere.</summary>
    public ReadOnlySpan<StyleSpan> Marks => CollectionsMarshal.AsSpan(_marks);

    /// <summary>Where a block begins, in order.</summary>
    public ReadOnlySpan<(int Position, bool IsTopLevel)> Breaks => CollectionsMarshal.AsSpan(_breaks);

    public int OpenMarks => _open.Count;

    public char this[int position] => _text[position];

    public override string ToString() => _text.ToString();

    public string ToString(int start) => _text.ToString(start, _text.Length - start);

    public void Append(ReadOnlySpan<char> text) => _text.Append(text);

    /// <summary>A block begins here; a cut before it is better than one inside of it.</summary>
    public void Break(bool isTopLevel) => _breaks.Add((Length, isTopLevel));

    public bool IsIn(TextMarkKind kind)
    {
        foreach (var index in _open)
        {
            if (_marks[index].Kind == kind)
                return true;
        }

        return false;
    }

    public void Open(TextMarkKind kind, string? data = null)
    {
        _open.Add(_marks.Count);
        _marks.Add(new StyleSpan(kind, Length, int.MaxValue, data));
    }

    public void OpenUnlessIn(TextMarkKind kind)
    {
        if (!IsIn(kind))
            Open(kind);
    }

    /// <summary>Ends the innermost mark.</summary>
    public void Close()
    {
        var index = _open[^1];
        _marks[index] = _marks[index] with { End = Length };
        _open.RemoveAt(_open.Count - 1);
    }

    /// <summary>Code or a formula, which can lie in no mark but a quote: those around it end before it, and begin anew behind it.</summary>
    public void AppendAlone(TextMarkKind kind, ReadOnlySpan<char> text)
    {
        Stack<StyleSpan> around = new();
        while (_open.Count > 0 && _marks[_open[^1]].Kind is not TextMarkKind.Quote)
        {
            around.Push(_marks[_open[^1]]);
            Close();
        }

        Open(kind);
        Append(text);
        Close();
        foreach (var mark in around)
            Open(mark.Kind, mark.Data);
    }

    /// <summary>The state to which <see cref="Return"/> leads back.</summary>
    public Checkpoint Check() => new(Length, _marks.Count, _breaks.Count, [.. _open]);

    /// <summary>Forgets what was written since <paramref name="checkpoint"/>.</summary>
    public void Return(Checkpoint checkpoint)
    {
        _text.Length = checkpoint.Length;
        CollectionsMarshal.SetCount(_marks, checkpoint.Marks);
        CollectionsMarshal.SetCount(_breaks, checkpoint.Breaks);
        _open.Clear();
        _open.AddRange(checkpoint.Open);
        foreach (var index in _open)
            _marks[index] = _marks[index] with { End = int.MaxValue };
    }

    /// <summary>Drops the text up to <paramref name="position"/>; marks that reach beyond it begin there.</summary>
    public void RemoveBefore(int position)
    {
        _text.Remove(0, position);
        var marks = _marks.Where(mark => mark.End > position).ToList();
        _marks.Clear();
        _open.Clear();
        foreach (var mark in marks)
        {
            var isOpen = mark.End == int.MaxValue;
            if (isOpen)
                _open.Add(_marks.Count);
            _marks.Add(mark with { Start = Math.Max(mark.Start - position, 0), End = isOpen ? mark.End : mark.End - position });
        }

        var breaks = _breaks.Where(at => at.Position > position).Select(at => (at.Position - position, at.IsTopLevel)).ToList();
        _breaks.Clear();
        _breaks.AddRange(breaks);
    }

    /// <summary>How much a text had of everything, and which of its marks were open.</summary>
    public readonly record struct Checkpoint(int Length, int Marks, int Breaks, int[] Open);
}
