using System.Text;
using Clawdex.Gateway.Markdown;
using Clawdex.TelegramEmulator.Text;

namespace Clawdex.Gateway.Tests.Markdown;

/// <summary>Checks a message as the emulated server does, and more strictly where that one would silently drop something.</summary>
internal static class TelegramRules
{
    public static void Check(MessageText part)
    {
        var (parsed, error) = HtmlParser.Parse(part.Html);

        Assert.True(error is null, $"{error}\n{part.Html}");
        Assert.NotNull(parsed);
        Assert.Equal(part.Plain, parsed.Text);
        var cleaned = TextCleaner.Clean(parsed);
        Assert.Equal(part.Plain.Trim(' ', '\n'), cleaned.Text.Trim(' ', '\n'));
        Assert.InRange(cleaned.Text.Length, 1, 4096);
        Assert.InRange(parsed.Entities.Count, 0, 100);
        Assert.InRange(Encoding.UTF8.GetByteCount(part.Html), 1, 32_768);
        Assert.Equal(part.Plain, new UTF8Encoding(false, true).GetString(new UTF8Encoding(false, true).GetBytes(part.Plain)));
        CheckNesting(parsed.Entities);
    }

    // Code shares its text with nothing but a quote around it, and nothing lies in its own kind.
    private static void CheckNesting(IReadOnlyList<TextEntity> entities)
    {
        foreach (var (index, entity) in entities.Index())
        {
            foreach (var other in entities.Take(index).Where(other => other.Offset < entity.End && entity.Offset < other.End))
            {
                Assert.NotEqual(entity.Type, other.Type);
                Assert.False(EntityType.IsCode(entity.Type) && !EntityType.IsQuote(other.Type), $"{entity.Type} in {other.Type}");
                Assert.False(EntityType.IsCode(other.Type) && !EntityType.IsQuote(entity.Type), $"{entity.Type} in {other.Type}");
            }
        }
    }
}
