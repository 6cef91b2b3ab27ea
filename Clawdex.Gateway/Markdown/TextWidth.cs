using System.Globalization;
using System.Text;
using Wcwidth;

namespace Clawdex.Gateway.Markdown;

/// <summary>How many columns a text takes in a monospaced font.</summary>
internal static class TextWidth
{
    public static int Of(ReadOnlySpan<char> text)
    {
        if (!text.ContainsAnyExceptInRange(' ', '~'))
            return text.Length;

        var width = 0;
        while (!text.IsEmpty)
        {
            var length = StringInfo.GetNextTextElementLength(text);
            width += OfCluster(text[..length]);
            text = text[length..];
        }

        return width;
    }

    // What is drawn as one is as wide as its first character; flags and what variation selector 16 makes an emoji are always wide.
    private static int OfCluster(ReadOnlySpan<char> cluster)
    {
        Rune.DecodeFromUtf16(cluster, out var first, out var length);
        return cluster.Contains('\uFE0F') || (first.Value is >= 0x1F1E6 and <= 0x1F1FF && cluster.Length > length)
            ? 2
            : Math.Max(UnicodeCalculator.GetWidth(first), 0);
    }
}
