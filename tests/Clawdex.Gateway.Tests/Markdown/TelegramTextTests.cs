using Clawdex.Gateway.Markdown;

namespace Clawdex.Gateway.Tests.Markdown;

public sealed class TelegramTextTests
{
    [Theory]
    [InlineData("plain", "plain")]
    [InlineData("# Title", "<b>Title</b>")]
    [InlineData("## A **b** c", "<b>A b c</b>")]
    [InlineData("**b** __b__ *i* _i_ ~~s~~ ||x||", "<b>b</b> <b>b</b> <i>i</i> <i>i</i> <s>s</s> <tg-spoiler>x</tg-spoiler>")]
    [InlineData("***both***", "<i><b>both</b></i>")]
    [InlineData("**a `c` b**", "<b>a </b><code>c</code><b> b</b>")]
    [InlineData("snake_case_name and 5 * 3 * 2", "snake_case_name and 5 * 3 * 2")]
    [InlineData("`a < b && c`", "<code>a &lt; b &amp;&amp; c</code>")]
    [InlineData("<b>x</b> & &nbsp;| &copy;", "&lt;b&gt;x&lt;/b&gt; &amp; \u00A0| ©")]
    [InlineData("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;")]
    [InlineData(@"\*not\* \`code\`", "*not* `code`")]
    [InlineData("one\ntwo  \nthree", "one\ntwo\nthree")]
    [InlineData("one\n\n\n\ntwo", "one\n\ntwo")]
    [InlineData("text\n---\nmore", "text\n――――――――――\nmore")]
    [InlineData("[a](https://x.org/?p=1&q=\"2\")", "<a href=\"https://x.org/?p=1&amp;q=&quot;2&quot;\">a</a>")]
    [InlineData("[`a`](https://x.org)", "<a href=\"https://x.org\">a</a>")]
    [InlineData("[a](tg://user?id=1)", "<a href=\"tg://user?id=1\">a</a>")]
    [InlineData("[write](mailto:a@b.org)", "write (a@b.org)")]
    [InlineData("[a](docs/x.md) [b](#top) [c](http://localhost/x) [d](javascript:f)", "a (docs/x.md) b c (http://localhost/x) d (javascript:f)")]
    [InlineData("![alt](https://x.org/i.png) ![](https://x.org/i.png)", "<a href=\"https://x.org/i.png\">alt</a> <a href=\"https://x.org/i.png\">https://x.org/i.png</a>")]
    [InlineData("https://x.org/__init__.py and <https://x.org>", "https://x.org/__init__.py and https://x.org")]
    [InlineData("see [1]\n\n[1]: https://x.org", "see [1]\n\n[1]: https://x.org")]
    [InlineData("- a\n- b\n  - c\n    - d", "• a\n• b\n   ◦ c\n      ▪ d")]
    [InlineData("3. a\n4. b", "3. a\n4. b")]
    [InlineData("1. a\n\n   p\n\n2. b", "1. a\n\n    p\n\n2. b")]
    [InlineData("- [ ] open\n- [x] done, see [x]", "☐ open\n☑ done, see [x]")]
    [InlineData("> a\n> b\n>\n> > c", "<blockquote>a\nb\n\n&gt; c</blockquote>")]
    [InlineData("```python\nif a < b:\n\tpass\n```", "<pre><code class=\"language-python\">if a &lt; b:\n    pass</code></pre>")]
    [InlineData("```\nx\n```", "<pre>x</pre>")]
    [InlineData("```c++ title=\"a\"\nx", "<pre><code class=\"language-c++\">x</code></pre>")]
    [InlineData("text\n```\nx\n```\ntext", "text\n<pre>x</pre>\ntext")]
    [InlineData("| a | b |\n|---|---|\n| 1 | 2 |", "<pre>a | b\n--+--\n1 | 2</pre>")]
    [InlineData("a | b\n:- | -:\nlong | **2**\n\ntext", "<pre>a    | b\n-----+--\nlong | 2</pre>\n\ntext")]
    [InlineData("| 名前 | n |\n|---|---|\n| a | 1 |", "<pre>名前 | n\n-----+--\na    | 1</pre>")]
    [InlineData("| a | b |\n|---|---|\n| 1 \\| 2 | `x` | more |\ntext", "<pre>a     | b\n------+---+-----\n1 | 2 | x | more</pre>\ntext")]
    [InlineData("a\0b\u202Ec\td\r\ne", "a bc d\ne")]
    [InlineData("**b\n\n# h", "**b\n\n<b>h</b>")]
    public void Markdown_becomes_Telegrams_html(string markdown, string html)
    {
        var part = Assert.Single(TelegramText.Render(markdown, complete: true));

        Assert.Equal(html, part.Html);
        TelegramRules.Check(part);
    }

    [Theory]
    [InlineData("")]
    [InlineData(" \n\t\u202E\n")]
    [InlineData("```\n```")]
    public void Nothing_visible_is_no_message(string markdown) => Assert.Empty(TelegramText.Render(markdown, complete: true));

    [Fact]
    public void Half_a_character_is_replaced()
    {
        var part = Assert.Single(TelegramText.Render("a\uD800b\uDC00\uD83D", complete: true));

        Assert.Equal("a\uFFFDb\uFFFD", part.Html);
    }

    [Theory]
    [InlineData("**bo", "<b>bo</b>")]
    [InlineData("**bold*", "<b>bold</b>")]
    [InlineData("**bold **", "<b>bold</b>")]
    [InlineData("a *i **b", "a <i>i <b>b</b></i>")]
    [InlineData("***both", "<i><b>both</b></i>")]
    [InlineData("~~gone", "<s>gone</s>")]
    [InlineData("||secret", "<tg-spoiler>secret</tg-spoiler>")]
    [InlineData("run `dotnet", "run <code>dotnet</code>")]
    [InlineData("run ``a`b", "run <code>a`b</code>")]
    [InlineData("2*3", "2*3")]
    [InlineData("a * b", "a * b")]
    [InlineData("text **", "text")]
    [InlineData("see [the page", "see the page")]
    [InlineData("see [the page]", "see the page")]
    [InlineData("see [the page](https://exa", "see the page")]
    [InlineData("see [**the page](https://exa", "see **the page")]
    [InlineData("see ![alt", "see alt")]
    [InlineData("AT&am", "AT")]
    [InlineData("text\n-", "text")]
    [InlineData("text\n- [", "text")]
    [InlineData("text\n##", "text")]
    [InlineData("text\n```", "text")]
    [InlineData("text\n```py", "text")]
    [InlineData("```py\nx = 1\n``", "<pre><code class=\"language-py\">x = 1</code></pre>")]
    [InlineData("# A *ti", "<b>A <i>ti</i></b>")]
    [InlineData("- a **b", "• a <b>b</b>")]
    [InlineData("> a *b", "<blockquote>a <i>b</i></blockquote>")]
    [InlineData("text\n\n| a | b |", "text")]
    [InlineData("text\n\n| a | b |\n|--", "text")]
    [InlineData("| a | b |\n|---|---|\n| 1 | **2", "<pre>a | b\n--+--\n1 | 2</pre>")]
    public void A_frame_shows_what_is_not_complete_as_it_will_look(string markdown, string html)
    {
        var part = Assert.Single(TelegramText.Render(markdown, complete: false));

        Assert.Equal(html, part.Html);
        TelegramRules.Check(part);
    }

    [Theory]
    [InlineData("\u200B\uFEFF")]
    [InlineData("\u2800")]
    [InlineData("\uFFFC")]
    [InlineData("\u200E\u200F")]
    [InlineData("\u180E \u3000\n\u00A0")]
    [InlineData("**\u200B**")]
    [InlineData("\u202A\u202E\u2028")]
    [InlineData("\U000E0041\U000E007F")]
    public void Text_that_telegram_takes_for_empty_has_no_message(string markdown)
    {
        Assert.Empty(TelegramText.Render(markdown, complete: false));
        Assert.Empty(TelegramText.Render(markdown, complete: true));
    }

    [Fact]
    public void Invisible_characters_within_a_text_stay() =>
        Assert.Equal("👨‍👩‍👧 a\u200Bb", Assert.Single(TelegramText.Render("👨‍👩‍👧 a\u200Bb", complete: true)).Plain);

    [Theory]
    [InlineData("**")]
    [InlineData("#")]
    [InlineData("```python")]
    [InlineData("| a |")]
    public void A_mark_alone_shows_nothing_yet(string markdown) => Assert.Empty(TelegramText.Render(markdown, complete: false));
}
