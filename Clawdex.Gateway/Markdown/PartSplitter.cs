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
            ?? LastAfter(styled, text, "\n", half, end)
            ?? LastAfter(styled, text, " ", half, end)
            ?? LastCharacter(styled, text, start, end);
    }

    private static int? BlockBefore(StyledRun styled, int from, int end)
    {
        int? inner = null;
        for (var i = styled.Breaks.Length - 1; i >= 0 && styled.Breaks[i].Position > from; i--)
        {
            var (position, isTopLevel) = styled.Breaks[i];
            if (position > end || !IsCut(styled, position))
                continue;
            if (isTopLevel)
                return position;
            inner ??= position;
        }

        return inner;
    }

    private static int? LastAfter(StyledRun styled, string text, string separator, int from, int end)
    {
        for (var i = end; i > from; i--)
        {
            if (text[i - 1] == separator[0] && IsCut(styled, i) && IsWhole(text, i - 1))
                return i;
        }

        return null;
    }

    private static int LastCharacter(StyledRun styled, string text, int start, int end)
    {
        var best = 0;
        var fallback = 0;
        for (var i = start; i <= end && i < text.Length;)
        {
            if (i > start && IsCut(styled, i))
                best = i;
            i += StringInfo.GetNextTextElementLength(text, i);
        }

        // One character longer than a message: at least its code points stay whole.
        for (var i = end; best == 0 && fallback == 0 && i > start; i--)
        {
            if (IsCut(styled, i) && !char.IsLowSurrogate(text[i]))
                fallback = i;
        }

        return best > 0 ? best : fallback > 0 ? fallback : end;
    }

    // What stands for one piece of the source goes together: the rest is found again by its place in the source.
    private static bool IsCut(StyledRun styled, int position) =>
        position > 0 && position < styled.Length && styled.SourceOf(position) > styled.SourceOf(position - 1);

    // A combining mark makes one character even with a space.
    private static bool IsWhole(string text, int position) => StringInfo.GetNextTextElementLength(text, position) == 1;
}
