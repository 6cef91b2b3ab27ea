using System.Runtime.InteropServices;
using System.Text;

namespace Clawdex.Gateway.Markdown;

/// <summary>
/// A text as its reader sees it, its formatting, where it may be cut, and where in the source each character comes from.
/// Written from the start to the end by the <see cref="BlockRenderer"/>.
/// </summary>
internal sealed class StyledRun(int capacity)
{
    private readonly StringBuilder _text = new(capacity);
    private readonly List<int> _sources = new(capacity);
    private readonly List<StyleSpan> _marks = [];
    private readonly List<int> _open = [];
    private readonly List<(int Position, bool IsTopLevel)> _breaks = [];

    public int Length => _text.Length;

    /// <summary>In the order of their starts, outer ones first; properly nested.</summary>
    public ReadOnlySpan<StyleSpan> Marks => CollectionsMarshal.AsSpan(_marks);

    /// <summary>Where a block begins, in order.</summary>
    public ReadOnlySpan<(int Position, bool IsTopLevel)> Breaks => CollectionsMarshal.AsSpan(_breaks);

    public override string ToString() => _text.ToString();

    public string ToString(int start) => _text.ToString(start, _text.Length - start);

    /// <summary>Offset in the source of the character at <paramref name="position"/>. Never decreases.</summary>
    public int SourceOf(int position) => _sources[position];

    /// <summary>The first character that comes from <paramref name="source"/> or later.</summary>
    public int PositionOf(int source)
    {
        // Equal sources stay together: before the first of them.
        var position = _sources.BinarySearch(source);
        if (position < 0)
            return ~position;
        while (position > 0 && _sources[position - 1] == source)
            position--;
        return position;
    }

    /// <summary>Appends text that the source holds as it is, from <paramref name="source"/> on.</summary>
    public void Append(ReadOnlySpan<char> text, int source)
    {
        for (var i = 0; i < text.Length; i++)
            Append(text[i], source + i);
    }

    /// <summary>Appends text that stands for what is at <paramref name="source"/>; it cannot be cut inside.</summary>
    public void AppendFor(ReadOnlySpan<char> text, int source)
    {
        foreach (var c in text)
            Append(c, source);
    }

    /// <summary>Appends what belongs to the text before it: a separator, a filler.</summary>
    public void AppendAfter(ReadOnlySpan<char> text) => AppendFor(text, _sources.Count == 0 ? 0 : _sources[^1]);

    /// <summary>Appends all characters of another text, without its marks.</summary>
    public void AppendPlain(StyledRun other)
    {
        for (var i = 0; i < other.Length; i++)
            Append(other._text[i], other._sources[i]);
    }

    public void TrimEnd()
    {
        var length = _text.Length;
        while (length > 0 && char.IsWhiteSpace(_text[length - 1]))
            length--;
        _text.Length = length;
        _sources.RemoveRange(length, _sources.Count - length);
    }

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

    /// <summary>Ends the innermost mark.</summary>
    public void Close()
    {
        EndMark(_open[^1]);
        _open.RemoveAt(_open.Count - 1);
    }

    /// <summary>Ends all marks around code, which can lie in none but a quote; <see cref="Resume"/> begins them anew.</summary>
    public List<StyleSpan> Suspend()
    {
        List<StyleSpan> suspended = [];
        while (_open.Count > 0 && _marks[_open[^1]].Kind is not TextMarkKind.Quote)
        {
            suspended.Add(_marks[_open[^1]]);
            Close();
        }

        return suspended;
    }

    public void Resume(List<StyleSpan> suspended)
    {
        for (var i = suspended.Count - 1; i >= 0; i--)
            Open(suspended[i].Kind, suspended[i].Data);
    }

    private void EndMark(int index) => _marks[index] = _marks[index] with { End = Length };

    private void Append(char c, int source)
    {
        if (MarkdownSource.Visible(c) is not { } visible)
            return;

        _text.Append(visible);
        _sources.Add(_sources.Count > 0 ? Math.Max(source, _sources[^1]) : source);
    }
}
