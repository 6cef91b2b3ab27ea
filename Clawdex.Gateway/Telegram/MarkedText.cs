using System.Text;
using Clawdex.Gateway.Markdown;
using Telegram.Bot.Types;
using Telegram.Bot.Types.Enums;

namespace Clawdex.Gateway.Telegram;

/// <summary>
/// Writes into a text, in Markdown's way, what Telegram keeps beside it and a model cannot do without: where its links lead, and
/// what of it is code. All else stays as it was typed.
/// </summary>
internal static class MarkedText
{
    public static string Of(string text, MessageEntity[]? entities)
    {
        Dictionary<int, string> starts = [], ends = [];
        // The outer ones first: what starts or ends with them does so within.
        foreach (var entity in (entities ?? []).Where(entity => Fits(entity, text)).OrderBy(entity => entity.Offset).ThenByDescending(entity => entity.Length))
        {
            var (start, end) = (entity.Offset, entity.Offset + entity.Length);
            var (before, after) = MarksOf(entity, text, start, end);
            starts[start] = starts.GetValueOrDefault(start) + before;
            ends[end] = after + ends.GetValueOrDefault(end);
        }

        var marked = new StringBuilder();
        var written = 0;
        foreach (var at in starts.Keys.Union(ends.Keys).Order())
        {
            marked.Append(text, written, at - written).Append(ends.GetValueOrDefault(at)).Append(starts.GetValueOrDefault(at));
            written = at;
        }

        return marked.Append(text, written, text.Length - written).ToString();
    }

    private static (string Before, string After) MarksOf(MessageEntity entity, string text, int start, int end)
    {
        var inner = text[start..end];
        switch (entity.Type)
        {
            case MessageEntityType.TextLink when !string.IsNullOrWhiteSpace(entity.Url) && entity.Url != inner:
                return ("", $" ({entity.Url})");
            case MessageEntityType.Code:
                var ticks = MarkdownText.Fence(inner, least: 1);
                var space = inner.Contains('`', StringComparison.Ordinal) ? " " : "";
                return (ticks + space, space + ticks);
            case MessageEntityType.Pre:
                var fence = MarkdownText.Fence(inner, least: 3);
                return (
                    $"{(start > 0 && text[start - 1] != '\n' ? "\n" : "")}{fence}{entity.Language}\n",
                    $"{(inner.EndsWith('\n') ? "" : "\n")}{fence}{(end < text.Length && text[end] != '\n' ? "\n" : "")}");
            default:
                return ("", "");
        }
    }

    /// <summary>Whether it is about whole letters of the text.</summary>
    private static bool Fits(MessageEntity entity, string text) =>
        entity is { Offset: >= 0, Length: > 0 } && entity.Offset <= text.Length - entity.Length
        && IsBetweenLetters(text, entity.Offset) && IsBetweenLetters(text, entity.Offset + entity.Length);

    private static bool IsBetweenLetters(string text, int at) => at == 0 || at == text.Length || !char.IsSurrogatePair(text[at - 1], text[at]);
}
