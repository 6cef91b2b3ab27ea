using System.Globalization;
using System.Text;

namespace Clawdex.TelegramEmulator.Text;

/// <summary>A start tag that waits for its end, and what its end makes of it.</summary>
internal sealed class OpenTag(string name, int offset)
{
    private int _date;

    public string Name => name;

    /// <summary>Where it begins in the parsed text, in UTF-16 units.</summary>
    public int Offset => offset;

    /// <summary>The one attribute that matters for the tag.</summary>
    public string Argument { get; private set; } = "";

    /// <summary>Keeps an attribute if it means something here; others are ignored, as on the real server.</summary>
    public void Take(string attribute, string? value) => Argument = (name, attribute) switch
    {
        ("blockquote", "expandable") => "1",
        ("a", "href") or ("tg-emoji", "emoji-id") or ("tg-time", "format") => value ?? Argument,
        ("code", "class") when value?.StartsWith("language-", StringComparison.Ordinal) is true => value["language-".Length..],
        ("span", "class") when value?.StartsWith("tg-", StringComparison.Ordinal) is true => value["tg-".Length..],
        ("tg-time", "unix") => TakeDate(value),
        _ => Argument,
    };

    /// <summary>Adds the entity of a tag that holds some text.</summary>
    /// <returns>What is wrong with it.</returns>
    public string? Close(List<TextEntity> entities, StringBuilder text)
    {
        var length = text.Length - offset;
        if (name is "tg-emoji" && (!long.TryParse(Argument, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var emoji) || emoji is 0))
            return "Invalid custom emoji identifier specified";

        var entity = name switch
        {
            "b" or "strong" => new TextEntity(EntityType.Bold, offset, length),
            "i" or "em" => new(EntityType.Italic, offset, length),
            "s" or "strike" or "del" => new(EntityType.Strikethrough, offset, length),
            "u" or "ins" => new(EntityType.Underline, offset, length),
            "tg-spoiler" or "span" => new(EntityType.Spoiler, offset, length),
            "tg-emoji" => new(EntityType.CustomEmoji, offset, length) { CustomEmojiId = Argument },
            "tg-time" => _date > 0 ? new(EntityType.DateTime, offset, length) : null,
            "blockquote" => new(Argument.Length > 0 ? EntityType.ExpandableBlockquote : EntityType.Blockquote, offset, length),
            "a" => Link(Argument.Length > 0 ? Argument : text.ToString(offset, length), length),
            "pre" or "code" => Code(entities, length),
            _ => throw new InvalidOperationException($"Tag {name} has no entity"),
        };
        if (entity is not null)
            entities.Add(entity);
        return null;
    }

    private string TakeDate(string? value)
    {
        _ = int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out _date);
        return Argument;
    }

    /// <summary>A link whose address is none silently becomes plain text.</summary>
    private TextEntity? Link(string address, int length) => LinkAddress.Parse(address) switch
    {
        { UserId: { } user } => new(EntityType.TextMention, offset, length) { UserId = user },
        { Url: { } url } => new(EntityType.TextLink, offset, length) { Url = url },
        _ => null,
    };

    /// <summary><c>pre</c> and <c>code</c> around exactly the same text are one block with a language.</summary>
    private TextEntity Code(List<TextEntity> entities, int length)
    {
        var isPre = name is "pre";
        if (entities is [.., var inner] && inner.Offset == offset && inner.Length == length)
        {
            if (isPre && inner is { Type: EntityType.Code, Language.Length: > 0 })
            {
                entities.RemoveAt(entities.Count - 1);
                return inner with { Type = EntityType.Pre };
            }

            if (!isPre && inner is { Type: EntityType.Pre } && Argument.Length > 0)
            {
                entities.RemoveAt(entities.Count - 1);
                return inner with { Language = Argument };
            }
        }

        return isPre ? new(EntityType.Pre, offset, length) : new(EntityType.Code, offset, length) { Language = Argument.Length > 0 ? Argument : null };
    }
}
