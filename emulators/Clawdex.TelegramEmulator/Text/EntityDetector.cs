using System.Text.RegularExpressions;

namespace Clawdex.TelegramEmulator.Text;

/// <summary>
/// Finds what Telegram marks by itself in every text: commands, mentions, hashtags, addresses of web pages. A subset of the real
/// rules: an address needs its scheme.
/// </summary>
internal static partial class EntityDetector
{
    /// <summary>The given entities and the found ones that do not touch a link or code among them.</summary>
    public static FormattedText Detect(FormattedText text)
    {
        if (text.Text.AsSpan().IndexOfAny("/@#:") < 0)
            return text;
        var solid = text.Entities.Where(entity => !EntityType.IsSplittable(entity.Type) && !EntityType.IsQuote(entity.Type)).ToList();
        List<TextEntity> found = [];
        foreach (Match match in Pattern().Matches(text.Text))
        {
            var entity = new TextEntity(TypeOf(match), match.Index, match.Length);
            if (!solid.Exists(other => entity.Offset < other.End && other.Offset < entity.End))
                found.Add(entity);
        }

        return found.Count is 0 ? text : text with { Entities = EntityRules.Fix([.. text.Entities, .. found]) };
    }

    private static string TypeOf(Match match) =>
        match.Groups["url"].Success ? EntityType.Url
        : match.Groups["command"].Success ? EntityType.BotCommand
        : match.Groups["mention"].Success ? EntityType.Mention
        : EntityType.Hashtag;

    // A command is not preceded by a word character, '/', '<' or '>', and is not followed by '/'.
    [GeneratedRegex(
        """
        (?<url>\bhttps?://[^\s<>"']+[^\s<>"'.,;:!?)\]}])
        |(?<![\w/<>])(?<command>/[A-Za-z0-9_]{1,64}(?:@[A-Za-z0-9_]{3,32})?)(?![\w/])
        |(?<![\w@])(?<mention>@[A-Za-z0-9_]{3,32})(?!\w)
        |(?<![\w#])(?<hashtag>\#\w*[^\W\d]\w*)
        """,
        RegexOptions.IgnorePatternWhitespace | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Pattern();
}
