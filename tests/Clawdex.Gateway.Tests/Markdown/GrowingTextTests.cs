using System.Globalization;
using Clawdex.Gateway.Markdown;

namespace Clawdex.Gateway.Tests.Markdown;

public sealed class GrowingTextTests
{
    internal static IReadOnlyList<MessageText> Render(string markdown)
    {
        var parts = TelegramText.Render(markdown, complete: true);
        Assert.All(parts, TelegramRules.Check);
        return parts;
    }

    private static string Plain(IEnumerable<MessageText> parts, string separator = "") => string.Join(separator, parts.Select(part => part.Plain));

    [Theory]
    [InlineData(4096, 1)]
    [InlineData(4097, 2)]
    [InlineData(100_000, 25)]
    public void A_line_without_spaces_fills_each_message(int length, int messages)
    {
        var parts = Render(new string('x', length));

        Assert.Equal(messages, parts.Count);
        Assert.Equal(new string('x', length), Plain(parts));
    }

    [Theory]
    [InlineData("😀")]
    [InlineData("👩‍👩‍👧‍👦")]
    [InlineData("e\u0301\u0323")]
    [InlineData("🇩🇪")]
    [InlineData("x \u0301")]
    [InlineData("ab🇩🇪")]
    [InlineData("模型👩‍👩‍👧‍👦")]
    public void What_a_reader_sees_as_one_character_is_never_cut(string character)
    {
        var text = "." + string.Concat(Enumerable.Repeat(character, 6000 / character.Length));
        var whole = StringInfo.ParseCombiningCharacters(text).ToHashSet();

        var parts = Render(text);

        Assert.True(parts.Count > 1);
        Assert.Equal(text, Plain(parts));
        Assert.Contains(parts[0].Plain.Length, whole);
    }

    [Fact]
    public void A_cut_is_before_a_block_where_one_begins_in_the_second_half()
    {
        var first = string.Join("\n\n", Enumerable.Repeat(new string('a', 900), 4));
        var code = $"```\n{string.Join('\n', Enumerable.Repeat(new string('b', 80), 30))}\n```";

        var parts = Render($"{first}\n\n{code}");

        Assert.Equal(2, parts.Count);
        Assert.Equal(first, parts[0].Plain);
        Assert.StartsWith("<pre>bbb", parts[1].Html, StringComparison.Ordinal);
    }

    [Fact]
    public void A_heading_stays_with_its_text()
    {
        var text = string.Join("\n\n", Enumerable.Repeat(new string('a', 900), 4));

        var parts = Render($"{text}\n\n## Title\n\n{new string('b', 900)}");

        Assert.StartsWith("<b>Title</b>", parts[1].Html, StringComparison.Ordinal);
    }

    [Fact]
    public void Code_goes_on_in_the_next_message_with_its_language_and_indentation()
    {
        var lines = Enumerable.Range(0, 400).Select(i => string.Create(CultureInfo.InvariantCulture, $"    line {i} < {i + 1}")).ToArray();

        var parts = Render($"```python\n{string.Join('\n', lines)}\n```\nafter");

        Assert.True(parts.Count > 1);
        Assert.All(parts, part => Assert.StartsWith("<pre><code class=\"language-python\">    line ", part.Html, StringComparison.Ordinal));
        Assert.Equal(string.Join('\n', [.. lines, "after"]), Plain(parts, "\n"));
    }

    [Fact]
    public void Emphasis_and_links_go_on_in_the_next_message()
    {
        var words = string.Join(' ', Enumerable.Repeat("word", 1000));

        var parts = Render($"**{words}** [{words}](https://example.org)");

        Assert.StartsWith("<b>word", parts[0].Html, StringComparison.Ordinal);
        Assert.StartsWith("<b>word", parts[1].Html, StringComparison.Ordinal);
        Assert.StartsWith("<a href=\"https://example.org\">word", parts[2].Html, StringComparison.Ordinal);
        Assert.Equal($"{words} {words}", Plain(parts, " "));
    }

    [Fact]
    public void A_long_list_is_cut_between_its_items_and_counts_on()
    {
        var items = Enumerable.Range(1, 300).Select(i => string.Create(CultureInfo.InvariantCulture, $"{i}. an item of some length, number {i}")).ToArray();

        var parts = Render(string.Join('\n', items));

        Assert.Equal(string.Join('\n', items), Plain(parts, "\n"));
        Assert.Equal(string.Join('\n', items), Plain(Render(string.Join('\n', items.Select(item => "1" + item[item.IndexOf('.', StringComparison.Ordinal)..]))), "\n"));
    }

    [Fact]
    public void A_long_table_is_cut_between_its_rows()
    {
        var rows = Enumerable.Range(1000, 500).Select(i => string.Create(CultureInfo.InvariantCulture, $"| {i} | cell {i} |"));

        var parts = Render($"| n | text |\n|---|---|\n{string.Join('\n', rows)}");

        Assert.True(parts.Count > 1);
        Assert.All(parts.Skip(1), part => Assert.Matches(@"^<pre>\d{4} \| cell ", part.Html));
        Assert.All(parts, part => Assert.EndsWith("</pre>", part.Html, StringComparison.Ordinal));
    }

    [Fact]
    public void No_message_has_more_than_a_hundred_entities()
    {
        var text = string.Join(' ', Enumerable.Repeat("**a** b", 250));

        var parts = Render(text);

        Assert.Equal(3, parts.Count);
        Assert.Equal(text.Replace("**", "", StringComparison.Ordinal), Plain(parts, " "));
    }

    [Fact]
    public void Long_targets_of_links_are_spread_over_messages()
    {
        var parts = Render(string.Join('\n', Enumerable.Range(0, 20).Select(i => $"[link {i}](https://example.org/{new string('x', 1500)}&\"<{i})")));

        Assert.All(parts, part => Assert.InRange(part.Html.Length, 1, 9_500));
        Assert.Equal(string.Join('\n', Enumerable.Range(0, 20).Select(i => $"link {i}")), Plain(parts, "\n"));
    }

    [Fact]
    public void Text_that_escapes_blow_up_stays_within_the_limit_before_parsing()
    {
        var text = string.Join("\n\n", Enumerable.Repeat($"`{new string('&', 50)}`", 160));

        Assert.Equal(text.Replace("`", "", StringComparison.Ordinal), Plain(Render(text), "\n\n"));
    }

    [Fact]
    public void Nesting_deeper_than_the_parser_goes_is_shown_as_it_is()
    {
        Assert.NotEmpty(Render(string.Concat(Enumerable.Repeat("> ", 3000)) + "x"));
        Assert.NotEmpty(Render(string.Concat(Enumerable.Repeat("*a ", 5000))));
        Assert.NotEmpty(Render(string.Concat(Enumerable.Repeat("[", 20_000))));
    }

    [Fact]
    public void A_frame_does_not_touch_closed_parts()
    {
        var text = new GrowingText();
        var markdown = string.Join("\n\n", Enumerable.Range(0, 20).Select(i => $"**{i}** {new string('a', 500)}"));

        var first = text.Render(markdown, complete: false);
        var second = text.Render($"{markdown}\n\n**more", complete: false);

        Assert.Equal(3, first.Count);
        Assert.Same(first[0], second[0]);
        Assert.Same(first[1], second[1]);
        Assert.EndsWith("\n\n<b>more</b>", second[^1].Html, StringComparison.Ordinal);
    }

    [Fact]
    public void A_frame_that_fails_leaves_nothing_behind()
    {
        var parts = new MessageParts();
        parts.Text.Append("a");

        Assert.Throws<InvalidOperationException>(() => parts.Frame(() =>
        {
            parts.Text.Append("b");
            throw new InvalidOperationException();
        }));

        Assert.Equal("a", Assert.Single(parts.Frame(static () => { })).Plain);
    }

    [Theory]
    [InlineData("&", "&")]
    [InlineData("&#", "&#")]
    [InlineData("&a", "&a")]
    [InlineData(@"\\", @"\")]
    [InlineData(@"a&b\", @"a&b\")]
    public void A_line_of_marks_is_shown_while_it_grows_and_is_looked_at_once(string mark, string shown)
    {
        const int Marks = 10_000;
        const int Step = 50;
        var markdown = string.Concat(Enumerable.Repeat(mark, Marks));
        var text = new GrowingText();

        for (var marks = Step; marks < Marks; marks += Step)
            Assert.InRange(Plain(text.Render(markdown[..(marks * mark.Length)], complete: false)).Length, (marks * shown.Length) - 200, marks * shown.Length);

        Assert.Equal(string.Concat(Enumerable.Repeat(shown, Marks)), Plain(text.Render(markdown, complete: true)));
    }

    [Fact]
    public void A_text_that_shrinks_is_a_mistake()
    {
        var text = new GrowingText();
        text.Render("abc", complete: false);

        Assert.Throws<ArgumentOutOfRangeException>(() => text.Render("ab", complete: false));
    }
}
