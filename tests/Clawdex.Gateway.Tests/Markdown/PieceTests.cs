using static Clawdex.Gateway.Tests.Markdown.GrowingTextTests;

namespace Clawdex.Gateway.Tests.Markdown;

/// <summary>A paragraph is read in pieces: what it means is the same wherever one ends.</summary>
public sealed class PieceTests
{
    [Theory]
    [InlineData("&#92;", "\\")]
    [InlineData("&copy;", "©")]
    [InlineData("(https://\u0430pple.example/x)", "(https://\u0430pple.example/x (xn--pple-43d.example))")]
    public void What_is_one_thing_is_one_wherever_it_stands(string markdown, string shown)
    {
        for (var length = 1; length < 150; length++)
        {
            var before = new string('模', length);

            Assert.Equal($"{before}{shown}{before}", string.Concat(Render($"{before}{markdown}{before}").Select(part => part.Plain)));
        }
    }

    [Theory]
    [InlineData("**never**", "<b>never</b>")]
    [InlineData("*never*", "<i>never</i>")]
    [InlineData("~~never~~", "<s>never</s>")]
    [InlineData("***x***", "<i><b>x</b></i>")]
    [InlineData("AT&amp;T", "AT&amp;T")]
    [InlineData("foo_bar_ foo__bar__", "foo_bar_ foo__bar__")]
    [InlineData("https://docs.example/_static_/a_b.html", "https://docs.example/_static_/a_b.html")]
    [InlineData("www.a.example/__init__.py", "www.a.example/__init__.py")]
    [InlineData("[a link](https://a.example/b_c)", "<a href=\"https://a.example/b_c\">a link</a>")]
    public void A_mark_means_the_same_in_each_column(string markdown, string html)
    {
        for (var length = 0; length < 150; length++)
        {
            var before = string.Concat(Enumerable.Repeat("words and ", 15))[..length].TrimEnd().PadRight(length, 'x');
            var space = length == 0 ? "" : " ";

            Assert.Equal($"{before}{space}{html} and so on, until the end of the line is reached.", Render($"{before}{space}{markdown} and so on, until the end of the line is reached.")[0].Html);
        }
    }

    /// <summary>What seems to be open for long is text, and costs nothing else its meaning.</summary>
    [Theory]
    [InlineData("user_id")]
    [InlineData("[0, 1)")]
    [InlineData("$10")]
    [InlineData("5*3")]
    [InlineData("*.cs")]
    [InlineData("a|b")]
    [InlineData("https://a.example/my_page")]
    [InlineData("`")]
    public void One_mark_that_is_never_closed_does_not_undo_what_follows(string mark)
    {
        var lines = Enumerable.Range(0, 40).Select(i => (
            Markdown: $"• **Service {i}**: see [the docs page {i}](https://a.example/s/{i}) now",
            Html: $"• <b>Service {i}</b>: see <a href=\"https://a.example/s/{i}\">the docs page {i}</a> now")).ToArray();

        var html = string.Join('\n', Render($"The field {mark} is used here:\n" + string.Join('\n', lines.Select(line => line.Markdown))).Select(part => part.Html));

        Assert.All(lines, line => Assert.Contains(line.Html, html, StringComparison.Ordinal));
    }
}
