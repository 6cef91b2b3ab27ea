using System.Text;

namespace Clawdex.Gateway.Markdown;

/// <summary>
/// Whether a text shows anything. Telegram refuses a message that does not; its rules are those of tdlib/td (misc.cpp,
/// clean_input_string and is_empty_string).
/// </summary>
internal static class VisibleText
{
    public static bool IsEmpty(ReadOnlySpan<char> text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (!IsInvisible(rune))
                return false;
        }

        return true;
    }

    private static bool IsInvisible(Rune rune) => Rune.IsWhiteSpace(rune) || IsRemoved(rune.Value) || IsBlank(rune.Value);

    /// <summary>What Telegram takes out of every text: directions, and combining lines that leave their own.</summary>
    private static bool IsRemoved(int c) => c is (>= 0x2028 and <= 0x202E) or 0x0333 or 0x033F or 0x030A;

    /// <summary>Control characters, which become spaces, what Telegram takes for a space besides, and characters without a width.</summary>
    private static bool IsBlank(int c) =>
        c is < ' ' or 0x180E or (>= 0x200B and <= 0x200F) or 0x2800 or 0xFEFF or 0xFFFC or (>= 0xE0000 and <= 0xE007F);
}
