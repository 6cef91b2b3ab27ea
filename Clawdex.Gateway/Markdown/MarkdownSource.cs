using System.Text;

namespace Clawdex.Gateway.Markdown;

/// <summary>
/// The model's text as it comes in, without what Telegram removes or rejects (tdlib/td, misc.cpp, clean_input_string): so what
/// is counted and compared here is what arrives there. Grows at its end only.
/// </summary>
internal sealed class MarkdownSource
{
    private readonly StringBuilder _text = new();
    private int _taken;
    private char _high;

    public int Length => _text.Length;

    /// <summary>Takes what <paramref name="source"/> has more than in the call before.</summary>
    public void Take(string source)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(source.Length, _taken);
        foreach (var c in source.AsSpan(_taken))
            Take(c);
        _taken = source.Length;
    }

    public string Slice(int start, int length) => _text.ToString(start, length);

    /// <summary>The end of a piece that may be no longer than up to <paramref name="limit"/>: never between two halves of a surrogate pair.</summary>
    public int WholeEnd(int limit) =>
        limit >= _text.Length ? _text.Length : char.IsHighSurrogate(_text[limit - 1]) ? limit - 1 : limit;

    /// <summary>Offset of the first character after the last line break before <paramref name="position"/>.</summary>
    public int LineStart(int position)
    {
        while (position > 0 && _text[position - 1] != '\n')
            position--;
        return position;
    }

    /// <summary>The line around <paramref name="position"/>, without its line break.</summary>
    public string Line(int position)
    {
        var (start, end) = (LineStart(position), position);
        while (end < _text.Length && _text[end] != '\n')
            end++;
        return Slice(start, end - start);
    }

    /// <summary>What the reader sees of a character; null = nothing. Line breaks stay, other control characters are spaces.</summary>
    public static char? Visible(char c) => c switch
    {
        '\r' or (>= '\u2028' and <= '\u202E') or '\u030A' or '\u0333' or '\u033F' => null,
        < ' ' and not '\n' => ' ',
        _ => c,
    };

    private void Take(char c)
    {
        // A surrogate waits for its other half: a chunk may end between the two.
        if (_high != 0)
        {
            _text.Append(char.IsLowSurrogate(c) ? _high : '\uFFFD');
            _high = '\0';
            if (char.IsLowSurrogate(c))
            {
                _text.Append(c);
                return;
            }
        }

        if (char.IsHighSurrogate(c))
            _high = c;
        else if (char.IsLowSurrogate(c))
            _text.Append('\uFFFD');
        else if (c == '\t')
            _text.Append(c);
        else if (Visible(c) is { } visible)
            _text.Append(visible);
    }
}
