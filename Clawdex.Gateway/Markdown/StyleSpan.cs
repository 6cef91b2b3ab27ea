namespace Clawdex.Gateway.Markdown;

/// <summary>What Telegram can do to a piece of text.</summary>
internal enum TextMarkKind
{
    Bold,
    Italic,
    Strike,
    Spoiler,
    Quote,

    /// <summary>With the target as data. Holds no code.</summary>
    Link,

    /// <summary>Holds no other mark and lies in none but a quote.</summary>
    Code,

    /// <summary>A block of code, with its language as data if it has one. As solitary as <see cref="Code"/>.</summary>
    Pre,

    /// <summary>Of a rich message alone.</summary>
    Formula,
}

/// <summary>A formatted range of a text, in UTF-16 units.</summary>
internal readonly record struct StyleSpan(TextMarkKind Kind, int Start, int End, string? Data);
