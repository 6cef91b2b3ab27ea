using Clawdex.Gateway.Markdown;
using FsCheck;
using FsCheck.Fluent;

namespace Clawdex.Gateway.Tests.Outbound;

/// <summary>What holds for the messages of every text, and of every prefix of it while it grows.</summary>
public sealed class TelegramTextProperties
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(25);

    [Fact]
    public void Every_prefix_of_an_answer_is_valid() => Prop.ForAll(MarkdownTexts.Answers, AssertPrefixes).Check(Runs);

    [Fact]
    public void Every_prefix_of_noise_is_valid() => Prop.ForAll(MarkdownTexts.Noise, AssertPrefixes).Check(Runs.WithMaxTest(300));

    [Fact]
    public void The_parts_of_a_long_answer_are_valid_and_hold_all_of_it() => Prop.ForAll(MarkdownTexts.LongAnswers, markdown =>
    {
        var parts = TelegramText.Render(markdown, complete: true);

        Assert.All(parts, TelegramRules.Check);
        Assert.Equal(Letters(markdown), Letters(string.Concat(parts.Select(part => part.Plain))));
    }).Check(Runs);

    [Fact]
    public void An_emoji_in_a_table_is_whole_wherever_the_parser_stops_looking()
    {
        const string table = "\n\n| a |\n|---|\n| ";
        var words = string.Concat(Enumerable.Repeat("word ", 4 * TelegramText.MaxLength));

        for (var offset = -2; offset <= 2; offset++)
        {
            var markdown = $"{words[..(2 * TelegramText.MaxLength - table.Length + offset)]}{table}😀 |\n";
            var parts = TelegramText.Render(markdown, complete: true);

            Assert.All(parts, TelegramRules.Check);
            Assert.Contains("😀", parts[^1].Plain, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_closed_part_never_changes_and_nothing_is_lost() => Prop.ForAll(MarkdownTexts.LongAnswers, markdown =>
    {
        var text = new GrowingText();
        IReadOnlyList<MessageText> before = [];
        for (var length = 0; length < markdown.Length; length += 97)
            before = AssertGrown(before, text.Render(markdown[..length], complete: false));

        var parts = AssertGrown(before, text.Render(markdown, complete: true));
        Assert.Equal(Letters(markdown), Letters(string.Concat(parts.Select(part => part.Plain))));
    }).Check(Runs);

    private static IReadOnlyList<MessageText> AssertGrown(IReadOnlyList<MessageText> before, IReadOnlyList<MessageText> parts)
    {
        Assert.Equal(before.SkipLast(1), parts.Take(before.Count - 1));
        if (parts.Count > 0)
            TelegramRules.Check(parts[^1]);
        return parts;
    }

    private static void AssertPrefixes(string markdown)
    {
        var growing = new GrowingText();
        for (var length = 0; length <= markdown.Length; length++)
        {
            Assert.All(growing.Render(markdown[..length], complete: false), TelegramRules.Check);
            if (length % 7 == 0)
                Assert.All(TelegramText.Render(markdown[..length], complete: true), TelegramRules.Check);
        }

        Assert.All(growing.Render(markdown, complete: true), TelegramRules.Check);
    }

    // Marks come and go, and numbers of lists are counted anew; what the model said stays.
    private static string Letters(string text) => string.Concat(
        text.Replace("&amp;", "&", StringComparison.Ordinal)
            .Replace("csharp", "", StringComparison.Ordinal)
            .Replace("https://example.org/a_b?c=d&e=f", "", StringComparison.Ordinal)
            .Where(c => char.IsLetter(c) || char.IsSurrogate(c) || c is '\u200D' or '\u0301'));
}
