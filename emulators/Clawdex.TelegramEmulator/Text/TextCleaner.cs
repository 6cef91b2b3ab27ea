using System.Text;

namespace Clawdex.TelegramEmulator.Text;

/// <summary>
/// What Telegram does to every text before it compares or shows it. Rules from tdlib/td (misc.cpp, clean_input_string and
/// is_empty_string; MessageEntity.cpp, fix_formatted_text).
/// </summary>
internal static class TextCleaner
{
    private const int MaxBytes = 35_000;

    /// <summary>
    /// Control characters and tabs become spaces; carriage returns, direction overrides and combining vertical lines vanish;
    /// spaces and line breaks around it are trimmed. Entities follow.
    /// </summary>
    /// <returns>An empty text when nothing is left, or only characters that show nothing.</returns>
    public static FormattedText Clean(FormattedText dirty)
    {
        var text = new StringBuilder(dirty.Text.Length);
        // Where each code unit of the dirty text ended up; one more for the end.
        var moved = new int[dirty.Text.Length + 1];
        var bytes = 0;
        for (var i = 0; i < dirty.Text.Length; i++)
        {
            moved[i] = text.Length;
            var c = dirty.Text[i];
            bytes += char.IsSurrogate(c) ? 2 : c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
            if (bytes > MaxBytes || IsRemoved(c))
                continue;
            text.Append(c is < ' ' and not '\n' ? ' ' : c);
        }

        moved[^1] = text.Length;
        var cleaned = text.ToString();
        var entities = EntityRules.Fix(dirty.Entities.Select(entity => entity with
        {
            Offset = moved[entity.Offset],
            Length = moved[entity.End] - moved[entity.Offset],
        }));
        return Trim(cleaned, entities);
    }

    private static bool IsRemoved(char c) => c is '\r' or (>= '\u2028' and <= '\u202E') or '\u0333' or '\u033F' or '\u030A';

    /// <summary>Whether a cleaned text shows nothing: it has only blanks, what the server takes for blanks, and zero-width characters.</summary>
    private static bool IsEmpty(string text) => text.EnumerateRunes().All(rune => rune.Value is
        ' ' or '\n' or 0xA0 or 0x1680 or 0x180E or (>= 0x2000 and <= 0x200F) or 0x202F or 0x205F or 0x2800 or 0x3000
        or 0xFEFF or 0xFFFC or (>= 0xE0000 and <= 0xE007F));

    private static FormattedText Trim(string text, IReadOnlyList<TextEntity> entities)
    {
        var end = text.AsSpan().TrimEnd(" \n").Length;
        // Leading blanks stay where an entity covers them.
        var start = Math.Min(text.Length - text.AsSpan().TrimStart(" \n").Length, entities.Count is 0 ? int.MaxValue : entities[0].Offset);
        if (IsEmpty(text))
            return new("", []);
        return new(text[start..end], EntityRules.Fix(entities.Select(entity => entity with
        {
            Offset = entity.Offset - start,
            Length = Math.Min(entity.End, end) - entity.Offset,
        })));
    }
}
