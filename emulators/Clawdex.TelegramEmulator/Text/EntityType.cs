namespace Clawdex.TelegramEmulator.Text;

/// <summary>The kinds of entities, by their names in the Bot API, and how they may nest.</summary>
public static class EntityType
{
    public const string Mention = "mention";
    public const string Hashtag = "hashtag";
    public const string BotCommand = "bot_command";
    public const string Url = "url";
    public const string Email = "email";
    public const string Bold = "bold";
    public const string Italic = "italic";
    public const string Underline = "underline";
    public const string Strikethrough = "strikethrough";
    public const string Spoiler = "spoiler";
    public const string Blockquote = "blockquote";
    public const string ExpandableBlockquote = "expandable_blockquote";
    public const string Code = "code";
    public const string Pre = "pre";
    public const string TextLink = "text_link";
    public const string TextMention = "text_mention";
    public const string CustomEmoji = "custom_emoji";
    public const string DateTime = "date_time";

    /// <summary>May be cut in parts wherever another entity begins or ends.</summary>
    internal static bool IsSplittable(string type) => type is Bold or Italic or Underline or Strikethrough or Spoiler;

    internal static bool IsQuote(string type) => type is Blockquote or ExpandableBlockquote;

    /// <summary>Holds no other entity.</summary>
    internal static bool IsCode(string type) => type is Code or Pre;

    /// <summary>Of two entities with the same range, the one with the smaller number is the outer one.</summary>
    internal static int Priority(string type) => type switch
    {
        Blockquote or ExpandableBlockquote => 0,
        Pre => 10,
        Code => 20,
        DateTime => 30,
        TextLink or TextMention => 49,
        Bold => 90,
        Italic => 91,
        Underline => 92,
        Strikethrough => 93,
        Spoiler => 94,
        CustomEmoji => 99,
        _ => 50,
    };
}
