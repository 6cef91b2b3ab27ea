using System.Text.Json.Serialization;

namespace Clawdex.TelegramEmulator.Text;

/// <summary>A formatted or special part of a text. Offset and length count UTF-16 code units, as in the Bot API.</summary>
public sealed record TextEntity(string Type, int Offset, int Length)
{
    /// <summary>The target of a <c>text_link</c>.</summary>
    public string? Url { get; init; }

    /// <summary>The language of a <c>pre</c>.</summary>
    public string? Language { get; init; }

    /// <summary>The user of a <c>text_mention</c>.</summary>
    public long? UserId { get; init; }

    public string? CustomEmojiId { get; init; }

    [JsonIgnore]
    public int End => Offset + Length;
}

/// <summary>A text after parsing: what the reader sees, and how it is formatted.</summary>
internal sealed record FormattedText(string Text, IReadOnlyList<TextEntity> Entities);
