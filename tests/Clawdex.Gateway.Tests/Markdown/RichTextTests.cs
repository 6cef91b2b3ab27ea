using Clawdex.Gateway.Markdown;

namespace Clawdex.Gateway.Tests.Markdown;

/// <summary>What becomes of an answer in a rich message, and which answers need none.</summary>
public sealed class RichTextTests
{
    [Theory]
    [InlineData("| a | **b** |\n|:-:|---|\n| `1\\|2` |", "<table bordered><tr><th align=\"center\">a</th><th><b>b</b></th></tr><tr><td align=\"center\"><code>1|2</code></td><td></td></tr></table>")]
    [InlineData("- [x] done\n- [ ] *open*\n- none", "<ul><li><input type=\"checkbox\" checked>done</li><li><input type=\"checkbox\"><i>open</i></li><li>none</li></ul>")]
    [InlineData("So $a^2 < b$ and \\(c\\).", "<p>So <tg-math>a^2 &lt; b</tg-math> and <tg-math>c</tg-math>.</p>")]
    [InlineData("$$\n\\sum x\n$$", "<tg-math-block>\\sum x</tg-math-block>")]
    [InlineData("\\begin{align}\na &= b \\\\\n- c\n\\end{align}", "<tg-math-block>\\begin{align}\na &amp;= b \\\\\n- c\n\\end{align}</tg-math-block>")]
    [InlineData("<details>\n<summary>More</summary>\n\nHidden **text**\n\n</details>\n\nBehind.", "<details><summary>More</summary><p>Hidden <b>text</b></p></details><p>Behind.</p>")]
    [InlineData("$x$\n\n```\n```", "<p><tg-math>x</tg-math></p><pre><code></code></pre>")]
    [InlineData("<details><summary>a</summary>b</details>", "<details><summary>a</summary><p>b</p></details>")]
    [InlineData("# Head\n\n3. three\n   - $x$\n\n> quoted\n\n---\n\n```c\na<b\n```\n\none\ntwo", "<h1>Head</h1><ol start=\"3\"><li>three<ul><li><tg-math>x</tg-math></li></ul></li></ol><blockquote><p>quoted</p></blockquote><hr><pre><code class=\"language-c\">a&lt;b</code></pre><p>one<br>two</p>")]
    public void Tables_tasks_formulas_and_details_make_an_answer_rich(string markdown, string html) =>
        Assert.Equal(html, RichText.Render(markdown, note: ""));

    [Theory]
    [InlineData("A **bold** word, `code`, a [link](https://example.com) and 5 $ or 6 $.")]
    [InlineData("- a list\n- with items")]
    [InlineData("<details><summary>never closed</summary>\n\ntext")]
    [InlineData("")]
    public void What_an_ordinary_message_shows_as_well_needs_none(string markdown) => Assert.Null(RichText.Render(markdown, note: ""));

    [Fact]
    public void A_table_that_is_too_wide_and_an_answer_with_too_many_blocks_stay_as_they_grew()
    {
        Assert.Null(RichText.Render($"{Cells(21)}\n{string.Concat(Enumerable.Repeat("|-", 21))}|", ""));
        Assert.NotNull(RichText.Render($"{Cells(20)}\n{string.Concat(Enumerable.Repeat("|-", 20))}|", ""));
        Assert.Null(RichText.Render(string.Concat(Enumerable.Repeat("- [ ] x\n", 501)), ""));
        Assert.Null(RichText.Render($"$x$ {new string('a', 8_200)}", ""));

        static string Cells(int count) => string.Concat(Enumerable.Range(1, count).Select(i => $"|{i}")) + "|";
    }

    [Fact]
    public void A_models_own_tags_are_text_no_picture_is_fetched_and_a_link_shows_its_host()
    {
        var html = RichText.Render("$x$ <script>a</script> ![p](https://evil.example/p.png) [bank.example](https://evil.example) <tg-map>", note: "*Note*");

        Assert.Contains("&lt;script&gt;a&lt;/script&gt;", html, StringComparison.Ordinal);
        Assert.Contains("&lt;tg-map&gt;", html, StringComparison.Ordinal);
        Assert.DoesNotContain("<img", html, StringComparison.Ordinal);
        Assert.Contains("bank.example</a> (evil.example)", html, StringComparison.Ordinal);
        Assert.EndsWith("<p><i>Note</i></p>", html, StringComparison.Ordinal);
    }
}
