using System.Globalization;
using System.Text.RegularExpressions;
using Clawdex.Gateway.Markdown;
using FsCheck;
using FsCheck.Fluent;

namespace Clawdex.Gateway.Tests.Markdown;

/// <summary>
/// What holds for the messages of every text, and of every prefix of it while it grows. <c>CLAWDEX_TEXT_RUNS</c> says how many
/// texts are tried, of long ones a hundredth.
/// </summary>
public sealed partial class TelegramTextProperties
{
    private static readonly int Count =
        int.TryParse(Environment.GetEnvironmentVariable("CLAWDEX_TEXT_RUNS"), CultureInfo.InvariantCulture, out var count) ? count : 200;

    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(Count);
    private static readonly Config LongRuns = Config.QuickThrowOnFailure.WithMaxTest(Math.Max(Count / 100, 10));

    [Fact]
    public void Every_prefix_of_an_answer_is_valid() =>
        Prop.ForAll(MarkdownTexts.Answers, AssertPrefixes).Check(Config.QuickThrowOnFailure.WithMaxTest(Math.Max(Count / 10, 10)));

    [Fact]
    public void Every_prefix_of_noise_is_valid() => Prop.ForAll(MarkdownTexts.Noise, AssertPrefixes).Check(Runs);

    [Fact]
    public void Every_frame_of_an_answer_shows_what_the_model_wrote_and_how_it_comes_does_not_matter() => Prop.ForAll(
        MarkdownTexts.Answers, Gen.Choose(1, 300).ToArbitrary(), (markdown, step) => AssertGrows(markdown, step, Letters(markdown))).Check(Runs);

    [Fact]
    public void How_noise_comes_does_not_matter() => Prop.ForAll(
        MarkdownTexts.Noise, Gen.Choose(1, 30).ToArbitrary(), (markdown, step) => AssertGrows(markdown, step, letters: null)).Check(Runs);

    [Fact]
    public void The_parts_of_a_long_answer_are_the_same_however_it_comes_and_hold_all_of_it() => Prop.ForAll(
        MarkdownTexts.LongAnswers, Gen.Choose(20, 400).ToArbitrary(), (markdown, step) => AssertGrows(markdown, step, Letters(markdown))).Check(LongRuns);

    [Fact]
    public void The_parts_of_long_noise_are_the_same_however_it_comes() => Prop.ForAll(
        MarkdownTexts.LongNoise, Gen.Choose(20, 400).ToArbitrary(), (markdown, step) => AssertGrows(markdown, step, letters: null)).Check(LongRuns);

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

    [Theory]
    [InlineData(@"\*")]
    [InlineData(@"\* one two[three ")]
    [InlineData(@"a \) 😀 👩[1 ")]
    public void What_follows_an_escaped_mark_is_shown_once_however_long_it_is(string begin)
    {
        var words = string.Join(' ', Enumerable.Range(100, 200));

        var whole = Assert.Single(TelegramText.Render($"{begin}{words}", complete: true));

        Assert.Equal($"{begin.Replace(@"\", "", StringComparison.Ordinal)}{words}", whole.Plain);
    }

    // Each frame is valid, its closed parts are those of the whole, and it shows nothing but the beginning of what the model wrote.
    private static void AssertGrows(string markdown, int step, string? letters)
    {
        var whole = TelegramText.Render(markdown, complete: true);
        Assert.All(whole, TelegramRules.Check);
        if (letters is not null)
            Assert.Equal(letters, Letters(Joined(whole)));
        var text = new GrowingText();
        for (var length = 0; length < markdown.Length; length += step)
        {
            var parts = text.Render(markdown[..length], complete: false);
            Assert.Equal(whole.Take(parts.Count - 1), parts.SkipLast(1));
            Assert.All(parts.TakeLast(1), TelegramRules.Check);
            if (letters is not null)
                Assert.True(letters.StartsWith(Letters(Joined(parts)), StringComparison.Ordinal), $"{markdown[..length]}\n=>\n{Joined(parts)}");
        }

        Assert.Equal(whole, text.Render(markdown, complete: true));
    }

    private static string Joined(IEnumerable<MessageText> parts) => string.Join('\n', parts.Select(part => part.Plain));

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

    // Marks come and go, and the items of lists are counted anew; what the model said stays. An address is not counted, nor the
    // beginning of one that is still to come: where a link is text, it shows.
    private static string Letters(string text) => string.Concat(
        NotLetters().Replace(text, "")
            .Replace("csharp", "", StringComparison.Ordinal)
            .Replace("https://example.org/a_b?c=d&e=f", "", StringComparison.Ordinal)
            .Where(c => char.IsLetterOrDigit(c) || char.IsSurrogate(c) || c is '\u200D' or '\u0301'));

    [GeneratedRegex(@"^[> ]*\d+\.( |$)|&amp;|&am?p?$|(?<=\]\()h[^\s)]*\z", RegexOptions.Multiline)]
    private static partial Regex NotLetters();
}
