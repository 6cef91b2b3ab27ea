namespace Clawdex.Gateway.Outbound;

/// <summary>
/// The messages of one answer while it grows. Remembers the parts that are closed, so that each call costs as much as the
/// last part, and a closed part never changes again.
/// </summary>
internal sealed class GrowingText
{
    private int _length;

    /// <summary>The messages of the answer so far. Each call's text starts with the text of the call before it.</summary>
    public IReadOnlyList<TextPart> Render(string markdown, bool complete)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(markdown.Length, _length);
        _length = markdown.Length;
        List<TextPart> parts = [];
        for (var rest = markdown.Trim(); rest.Length > 0;)
        {
            var length = Math.Min(rest.Length, TelegramText.MaxLength);
            if (length < rest.Length && char.IsHighSurrogate(rest[length - 1]))
                length--;
            var plain = rest[..length];
            parts.Add(new TextPart(Escape(plain), plain));
            rest = rest[length..];
        }

        return parts;
    }

    private static string Escape(string text) => text.Replace("&", "&amp;", StringComparison.Ordinal)
        .Replace("<", "&lt;", StringComparison.Ordinal).Replace(">", "&gt;", StringComparison.Ordinal);
}
