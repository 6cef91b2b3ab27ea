using System.Text;

namespace Clawdex.Gateway.Markdown;

/// <summary>
/// The model's text as it comes in, without what Telegram removes or rejects (tdlib/td, misc.cpp, clean_input_string): so what
/// is counted and compared here is what arrives there.
/// </summary>
internal sealed class MarkdownSource
{
    private int _taken;
    private char _high;

    /// <summary>What <paramref name="source"/> has more than in the call before.</summary>
    public string Take(string source)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(source.Length, _taken);
        var text = new StringBuilder(source.Length - _taken);
        foreach (var c in source.AsSpan(_taken))
            Take(text, c);
        _taken = source.Length;
        return text.ToString();
    }

    /// <summary>What the reader sees of a character; null = nothing. Line breaks stay, other control characters are spaces.</summary>
    public static char? Visible(char c) => c switch
    {
        // The isolates of text direction are no better than the overrides, which Telegram removes: they make a text look like another.
        '\r' or (>= '\u2028' and <= '\u202E') or (>= '\u2066' and <= '\u2069') or '\u030A' or '\u0333' or '\u033F' => null,
        < ' ' and not '\n' => ' ',
        _ => c,
    };

    private void Take(StringBuilder text, char c)
    {
        // A surrogate waits for its other half: a chunk may end between the two.
        if (_high != 0)
        {
            text.Append(char.IsLowSurrogate(c) ? _high : '\uFFFD');
            _high = '\0';
            if (char.IsLowSurrogate(c))
            {
                text.Append(c);
                return;
            }
        }

        if (char.IsHighSurrogate(c))
            _high = c;
        else if (char.IsLowSurrogate(c))
            text.Append('\uFFFD');
        else if (c == '\t')
            text.Append(c);
        else if (Visible(c) is { } visible)
            text.Append(visible);
    }
}
