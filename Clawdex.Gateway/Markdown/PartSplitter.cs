using System.Globalization;

namespace Clawdex.Gateway.Markdown;

/// <summary>
/// Finds where a message ends: before a block if that leaves it at least half full, else at the end of a line, of a word, or
/// anywhere but inside of what a reader sees as one character.
/// </summary>
internal static class PartSplitter
{
    /// <summary>Where to cut a text from <paramref name="start"/> that is longer than the message, which can hold up to <paramref name="end"/>.</summary>
    public static int Cut(StyledRun styled, string text, int start, int end)
    {
        var half = start + ((end - start) / 2);
        return BlockBefore(styled, half, end)
            ?? LastAfter(text, '\n', half, end)
            ?? LastAfter(text, ' ', half, end)
            ?? LastCharacter(text, start, end);
    }

    private static int? BlockBefore(StyledRun styled, int from, int end)
    {
        int? inner = null;
        for (var i = styled.Breaks.Length - 1; i >= 0 && styled.Breaks[i].Position > from; i--)
        {
            var (position, isTopLevel) = styled.Breaks[i];
            if (position > end)
                continue;
            if (isTopLevel)
                return position;
            inner ??= position;
        }

        return inner;
    }

    private static int? LastAfter(string text, char separator, int from, int end)
    {
        for (var i = end; i > from; i--)
        {
            if (text[i - 1] == separator && IsWhole(text, i - 1))
                return i;
        }

        return null;
    }

    private static int LastCharacter(string text, int start, int end)
    {
        // A letter or an ideograph behind another one begins a character; looking from there saves most of the way.
        var best = end;
        while (best > start && !(best < text.Length && IsAlone(text[best]) && IsAlone(text[best - 1])))
            best--;
        for (var i = best; i <= end && i < text.Length; i += StringInfo.GetNextTextElementLength(text, i))
            best = i;
        // One character longer than a message: at least its code points stay whole.
        return best > start ? best : char.IsLowSurrogate(text[end]) ? end - 1 : end;
    }

    private static bool IsAlone(char c) => char.IsAsciiLetterOrDigit(c) || c is >= '\u4E00' and <= '\u9FFF';

    // A combining mark makes one character even with a space.
    private static bool IsWhole(string text, int position) => StringInfo.GetNextTextElementLength(text, position) == 1;
}
