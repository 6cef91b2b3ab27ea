using System.Globalization;
using System.Text;

namespace Clawdex.Gateway.Markdown;

/// <summary>How many columns a text takes in a monospaced font.</summary>
internal static class TextWidth
{
    // The blocks whose characters are drawn two columns wide (Unicode's East Asian Width W and F, and emoji).
    private static readonly (int First, int Last)[] Wide =
    [
        (0x1100, 0x115F), (0x231A, 0x231B), (0x23E9, 0x23EC), (0x25FD, 0x25FE), (0x2614, 0x2615), (0x26A1, 0x26A1), (0x2705, 0x2705),
        (0x270A, 0x270B), (0x2728, 0x2728), (0x274C, 0x274C), (0x2753, 0x2757), (0x2795, 0x2797), (0x2B1B, 0x2B1C), (0x2B50, 0x2B55),
        (0x2E80, 0x303E), (0x3041, 0xA4CF), (0xA960, 0xA97C), (0xAC00, 0xD7A3), (0xF900, 0xFAFF), (0xFE30, 0xFE6F), (0xFF00, 0xFF60),
        (0xFFE0, 0xFFE6), (0x1F004, 0x1F004), (0x1F0CF, 0x1F0CF), (0x1F18E, 0x1F19A), (0x1F200, 0x1F320), (0x1F32D, 0x1F64F),
        (0x1F680, 0x1F6FC), (0x1F7E0, 0x1F7EB), (0x1F90C, 0x1FAFF), (0x20000, 0x3FFFD),
    ];

    public static int Of(string text)
    {
        var width = 0;
        foreach (var cluster in Clusters(text))
            width += OfCluster(cluster);
        return width;
    }

    private static IEnumerable<string> Clusters(string text)
    {
        for (var i = 0; i < text.Length;)
        {
            var length = StringInfo.GetNextTextElementLength(text, i);
            yield return text.Substring(i, length);
            i += length;
        }
    }

    private static int OfCluster(string cluster)
    {
        var first = Rune.GetRuneAt(cluster, 0);
        // Variation selector 16 asks for the emoji form.
        if (cluster.Contains('\uFE0F', StringComparison.Ordinal))
            return 2;
        if (Rune.GetUnicodeCategory(first) is UnicodeCategory.NonSpacingMark or UnicodeCategory.EnclosingMark or UnicodeCategory.Format)
            return 0;
        return Array.Exists(Wide, range => first.Value >= range.First && first.Value <= range.Last) ? 2 : 1;
    }
}
