using Clawdex.Gateway.Markdown;

namespace Clawdex.Gateway.Tests.Markdown;

/// <summary>Faults that were seen in real answers, each for its kind.</summary>
public sealed class TextCaseTests
{
    private const string Template = "Here is a **template** to fill in:\n\n| Date | Place |\n|------|-------|\n\nUse `one line` per day.";

    [Theory]
    [InlineData("| Doc | Link |\n|---|---|\n| Start | [here](https://a.example/start) |", "<pre>Doc   | Link\n------+-------------------------------\nStart | here (https://a.example/start)</pre>")]
    [InlineData("| a | b |\n|---|---|\n| ![logo](https://a.example/l.png) | [write](mailto:x@a.example) |", "<pre>a                              | b\n-------------------------------+--------------------\nlogo (https://a.example/l.png) | write (x@a.example)</pre>")]
    [InlineData("| a |\n|---|\n| one<br>two |", "<pre>a\n-------\none two</pre>")]
    [InlineData("| a | b |\n|---|---|\n| `x \\| y` | 1 |", "<pre>a     | b\n------+--\nx | y | 1</pre>")]
    [InlineData("| c | n |\n|---|---|\n| 🇩🇪 | 1 |\n| DE | 2 |", "<pre>c  | n\n---+--\n🇩🇪 | 1\nDE | 2</pre>")]
    [InlineData("| c | n |\n|---|---|\n| 1️⃣ | 1 |\n| 👩‍👩‍👧 | 2 |\n| ✔ | 3 |\n| e\u0301 | 4 |", "<pre>c  | n\n---+--\n1️⃣ | 1\n👩‍👩‍👧 | 2\n✔  | 3\ne\u0301  | 4</pre>")]
    [InlineData("| Date | Place |\n|------|-------|", "<pre>Date | Place\n-----+------</pre>")]
    [InlineData(Template, "Here is a <b>template</b> to fill in:\n\n<pre>Date | Place\n-----+------</pre>\n\nUse <code>one line</code> per day.")]
    public void A_table_shows_all_that_is_in_it(string markdown, string html) => AssertHtml(markdown, html);

    [Theory]
    [InlineData("one<br>two<br/>three<BR />four", "one\ntwo\nthree\nfour")]
    [InlineData("- a<br>b", "• a\n   b")]
    [InlineData("**1:** do<br>\n**2:** do<br> \nend", "<b>1:</b> do\n<b>2:</b> do\nend")]
    [InlineData("A sentence that is long enough to be cut into pieces, one and two.<br>\nA second", "A sentence that is long enough to be cut into pieces, one and two.\nA second")]
    [InlineData("`<br>` and <broken>", "<code>&lt;br&gt;</code> and &lt;broken&gt;")]
    public void A_br_is_a_line_break(string markdown, string html) => AssertHtml(markdown, html);

    [Theory]
    [InlineData(
        "```markdown\n# T\n```bash\nls\n```\nend\n```\n\nAfter **bold**",
        "<pre><code class=\"language-markdown\"># T\n```bash\nls\n```\nend</code></pre>\n\nAfter <b>bold</b>")]
    [InlineData("```md\n```py\na\n```\n```js\nb\n```\n```\nx", "<pre><code class=\"language-md\">```py\na\n```\n```js\nb\n```</code></pre>\nx")]
    [InlineData("```Markdown\n```bash title=x\nls\n```\nend\n```\n*x*", "<pre><code class=\"language-Markdown\">```bash title=x\nls\n```\nend</code></pre>\n<i>x</i>")]
    [InlineData("```MDX\n```c++ {.x}\n1\n```\n```\n*x*", "<pre><code class=\"language-MDX\">```c++ {.x}\n1\n```</code></pre>\n<i>x</i>")]
    [InlineData("```text\nsee\n```js\nx\n```\nmore\n```\n*x*", "<pre><code class=\"language-text\">see\n```js\nx\n```\nmore</code></pre>\n<i>x</i>")]
    [InlineData("```markdown\n``` is a fence\n```\n*x*", "<pre><code class=\"language-markdown\">``` is a fence</code></pre>\n<i>x</i>")]
    [InlineData("```\na\n```\n```\nb\n```\n*x*", "<pre>a</pre>\n<pre>b</pre>\n<i>x</i>")]
    [InlineData("```\n```bash\nls\n```\n*x*", "<pre>```bash\nls</pre>\n<i>x</i>")]
    [InlineData("```python\n```bash\nls\n```\nend", "<pre><code class=\"language-python\">```bash\nls</code></pre>\nend")]
    public void A_fence_within_markdown_does_not_end_it(string markdown, string html) => AssertHtml(markdown, html);

    [Theory]
    [InlineData("if (a || b) and (c || d)", "if (a || b) and (c || d)")]
    [InlineData("a||b and c||d", "a||b and c||d")]
    [InlineData("x()||y() or z()||w()", "x()||y() or z()||w()")]
    [InlineData("it was ||the butler||, (||really||)", "it was <tg-spoiler>the butler</tg-spoiler>, (<tg-spoiler>really</tg-spoiler>)")]
    public void Two_bars_are_a_spoiler_where_they_stand_alone(string markdown, string html) => AssertHtml(markdown, html);

    [Theory]
    [InlineData(2100)]
    [InlineData(5000)]
    [InlineData(7900)]
    public void A_long_address_does_not_disappear(int length)
    {
        var url = "https://b.example/x?sig=" + new string('A', length);

        var parts = TelegramText.Render($"[Download]({url})", complete: true);

        Assert.All(parts, TelegramRules.Check);
        Assert.Contains(url, string.Concat(parts.Select(part => part.Html)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[https://bank.example](https://evil.example/x)", "<a href=\"https://evil.example/x\">https://bank.example</a> (evil.example)")]
    [InlineData("[bank.example](https://evil.example)", "<a href=\"https://evil.example\">bank.example</a> (evil.example)")]
    [InlineData("[see bank\u200B.example](https://evil.example)", "<a href=\"https://evil.example\">see bank.example</a> (evil.example)")]
    [InlineData("[bank\u3002example](https://evil.example)", "<a href=\"https://evil.example\">bank\u3002example</a> (evil.example)")]
    [InlineData("[www.bank.example/a](https://bank.example/b) [bank.example](https://docs.bank.example/)", "<a href=\"https://bank.example/b\">www.bank.example/a</a> <a href=\"https://docs.bank.example/\">bank.example</a>")]
    [InlineData("[Program.cs](https://x.example/Program.cs)", "<a href=\"https://x.example/Program.cs\">Program.cs</a>")]
    [InlineData("[join](tg://resolve?domain=x) [u](tg://user?id=1)", "join (tg://resolve?domain=x) <a href=\"tg://user?id=1\">u</a>")]
    [InlineData("[a](https://bank.example@evil.example/x)", "<a href=\"https://evil.example/x\">a</a>")]
    [InlineData("[a](https://\u0430pple.example/x)", "<a href=\"https://xn--pple-43d.example/x\">a</a> (xn--pple-43d.example)")]
    [InlineData("see https://\u0430pple.example/x now", "see https://\u0430pple.example/x (xn--pple-43d.example) now")]
    [InlineData("[e\u2067vil\u2069\u200E](https://x.example/\u2066a)", "<a href=\"https://x.example/a\">evil</a>")]
    [InlineData("[http://1.2.3.4/login](https://evil.example)", "<a href=\"https://evil.example\">http://1.2.3.4/login</a> (evil.example)")]
    [InlineData("[1.2.3.4](https://evil.example) [1.2.3](https://x.example)", "<a href=\"https://evil.example\">1.2.3.4</a> (evil.example) <a href=\"https://x.example\">1.2.3</a>")]
    [InlineData("[https://intranet/x](https://evil.example)", "<a href=\"https://evil.example\">https://intranet/x</a> (evil.example)")]
    [InlineData("[bank.xn--p1ai](https://evil.example)", "<a href=\"https://evil.example\">bank.xn--p1ai</a> (evil.example)")]
    [InlineData("[bank\u2024example](https://evil.example)", "<a href=\"https://evil.example\">bank\u2024example</a> (evil.example)")]
    [InlineData("[bank\uFE52example](https://evil.example)", "<a href=\"https://evil.example\">bank\uFE52example</a> (evil.example)")]
    [InlineData("[http://1.2.3.4/a](http://1.2.3.4/b) [docs/a.example](https://x.example)", "<a href=\"http://1.2.3.4/b\">http://1.2.3.4/a</a> <a href=\"https://x.example\">docs/a.example</a>")]
    [InlineData("a [ ](https://b.example)", "a <a href=\"https://b.example\"> https://b.example</a>")]
    [InlineData("a [&nbsp;](https://b.example)", "a <a href=\"https://b.example\">\u00A0https://b.example</a>")]
    [InlineData("- ![ ](https://b.example/i.png) z", "• <a href=\"https://b.example/i.png\"> https://b.example/i.png</a> z")]
    [InlineData("Call tel:112 or write mailto:me@x.example", "Call tel:112 or write mailto:me@x.example")]
    public void A_link_tells_where_it_leads(string markdown, string html) => AssertHtml(markdown, html);

    [Theory]
    [InlineData("see https://\u05D0a1.example/x now", "see https://\u05D0a1.example/x now")]
    [InlineData("- item: https://\u05D0a1.example\n- next", "• item: https://\u05D0a1.example\n• next")]
    [InlineData("[x](https://\u05D0a1.example/x)", "x (https://\u05D0a1.example/x)")]
    [InlineData("[**x** y](https://u@xn--ä.example)", "<b>x</b> y (https://u@xn--ä.example)")]
    [InlineData("<https://\u05D0a1.example>", "https://\u05D0a1.example")]
    [InlineData("| a |\n|---|\n| https://xn--ä.example |", "<pre>a\n---------------------\nhttps://xn--ä.example</pre>")]
    [InlineData("- item: https://example.com👩\u200D💻\n- next", "• item: https://example.com👩\u200D💻 (example.xn--com-gn0a7066zdoa)\n• next")]
    [InlineData("[x](https://a\u200Db.example/x)", "<a href=\"https://xn--ab-m1t.example/x\">x</a> (xn--ab-m1t.example)")]
    [InlineData("https://x.example\u200D https://ä-.example/", "https://x.example\u200D (x.xn--example-n06c) https://ä-.example/ (xn----zfa.example)")]
    public void A_host_that_cannot_be_is_text_and_a_strange_one_has_its_true_name_behind_it(string markdown, string html) => AssertHtml(markdown, html);

    [Theory]
    [InlineData("- [ ]  two spaces\n- [x]\ta *tab*", "☐ two spaces\n☑ a <i>tab</i>")]
    [InlineData("a\n---\u00A0text that follows", "a\n---\u00A0text that follows")]
    [InlineData("\\[\u00A0x and *y*", "[\u00A0x and <i>y</i>")]
    [InlineData("$$\u00A05 and *six*", "$$\u00A05 and <i>six</i>")]
    public void Only_spaces_and_tabs_are_blank(string markdown, string html) => AssertHtml(markdown, html);

    [Theory]
    [InlineData("matrix [[1, 2], [3", "matrix [[1, 2], 3")]
    [InlineData("see [[wiki", "see [wiki")]
    [InlineData("regex [^[a-z", "regex [^a-z")]
    [InlineData("a [b [c [d", "a [b [c d")]
    [InlineData("Take [a, [b, c", "Take [a, b, c")]
    [InlineData("See [https://example.com/a](https://example.c", "See https://example.com/a")]
    [InlineData("[note: see [docs](https://example.com/x) for more", "[note: see <a href=\"https://example.com/x\">docs</a> for more")]
    [InlineData("keep it to [X]", "keep it to X")]
    [InlineData("one<b", "one")]
    [InlineData("one<br/", "one")]
    public void A_frame_shows_nothing_that_the_model_did_not_write(string markdown, string html) =>
        Assert.Equal(html, Assert.Single(TelegramText.Render(markdown, complete: false)).Html);

    [Fact]
    public void A_long_bare_address_is_one_piece()
    {
        var url = $"https://x.example/{new string('a', 300)}/__init__/{new string('b', 300)}/_c_";

        Assert.Equal($"see {url}", Assert.Single(TelegramText.Render($"see {url}", complete: true)).Html);
    }

    [Fact]
    public void Brackets_without_end_are_shown_once()
    {
        var markdown = string.Concat(Enumerable.Repeat("[a", 4000));
        var text = new GrowingText();
        for (var length = 0; length < markdown.Length; length += 97)
            Assert.All(text.Render(markdown[..length], complete: false), TelegramRules.Check);

        Assert.Equal(markdown, string.Concat(text.Render(markdown, complete: true).Select(part => part.Plain)));
    }

    [Fact]
    public void No_frame_shows_a_mark_that_the_whole_does_not_show()
    {
        const string answer =
            "# A *short* answer\n\nThis is **bold**, _this_ is `code` and [this](https://x.example/a) a link.\n\n- **One**: first\n- two\n  1. three\n\n"
            + "## Table\n\n| Name | **Value** |\n|------|------:|\n| a | `1` |\n| b | 2 |\n\n---\n\n```py\nx = 1\n```\n\nThe ~~end~~ ||now||.";
        var marks = new HashSet<char>("*_`~#[](){}|-");
        var whole = TelegramText.Render(answer, complete: true)[0].Plain;
        marks.ExceptWith(whole.Replace("https://x.example/a", "", StringComparison.Ordinal));
        Assert.Contains('*', marks);
        Assert.Contains('`', marks);
        var text = new GrowingText();

        for (var length = 1; length <= answer.Length; length++)
        {
            var plain = string.Concat(text.Render(answer[..length], complete: false).Select(part => part.Plain));
            Assert.True(plain.All(c => !marks.Contains(c)), $"{answer[..length]}\n=>\n{plain}");
        }
    }

    [Fact]
    public void A_message_that_is_full_while_a_table_begins_stays_formatted()
    {
        var list = string.Join('\n', Enumerable.Range(0, 60).Select(i => $"- [Source {i}](https://example.com/articles/2026/a-rather-long-address-{i})"));
        var markdown = $"{list}\n\n## Table\n\n| a | b |\n|---|---|\n| 1 | 2 |";
        var text = new GrowingText();
        for (var length = 0; length < markdown.Length; length++)
            Assert.True(text.Render(markdown[..length], complete: false).Count <= 1);

        Assert.Equal(TelegramText.Render(markdown, complete: true), text.Render(markdown, complete: true));
    }

    internal static void AssertHtml(string markdown, string html)
    {
        var part = Assert.Single(Grown(markdown));

        Assert.Equal(html, part.Html);
        TelegramRules.Check(part);
    }

    /// <summary>The same whether it comes at once or letter by letter.</summary>
    internal static IReadOnlyList<MessageText> Grown(string markdown)
    {
        var text = new GrowingText();
        for (var length = 1; length <= markdown.Length; length++)
            Assert.All(text.Render(markdown[..length], complete: false), TelegramRules.Check);
        var parts = text.Render(markdown, complete: true);

        Assert.Equal(TelegramText.Render(markdown, complete: true), parts);
        return parts;
    }
}
