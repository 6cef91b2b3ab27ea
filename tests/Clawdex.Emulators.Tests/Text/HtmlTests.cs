namespace Clawdex.Emulators.Tests.Text;

/// <summary>parse_mode HTML, checked against what tdlib/td accepts, rejects and says.</summary>
public sealed class HtmlTests : EmulatorTest
{
    [Theory]
    [InlineData("<b>bold</b> <i>italic</i>", "bold italic", "bold 0+4, italic 5+6")]
    [InlineData("<strong>a</strong><em>b</em><u>c</u><ins>d</ins><s>e</s><strike>f</strike><del>g</del>", "abcdefg", "bold 0+1, italic 1+1, underline 2+2, strikethrough 4+3")]
    [InlineData("<B>upper</B>", "upper", "bold 0+5")]
    [InlineData("<b>x</>", "x", "bold 0+1")]
    [InlineData("<b><i>x</i></b>", "x", "bold 0+1, italic 0+1")]
    [InlineData("<b></b>x", "x", "")]
    [InlineData("<tg-spoiler>a</tg-spoiler><span class=\"tg-spoiler\">b</span>", "ab", "spoiler 0+2")]
    [InlineData("<code>a &lt; b &amp;&amp; c &gt; d &quot;e&quot;</code>", "a < b && c > d \"e\"", "code 0+18")]
    [InlineData("<pre>x</pre>", "x", "pre 0+1")]
    [InlineData("<pre><code class=\"language-csharp\">var x = 1;</code></pre>", "var x = 1;", "pre 0+10 csharp")]
    [InlineData("<code class=\"language-csharp\"><pre>x</pre></code>", "x", "pre 0+1 csharp")]
    [InlineData("<pre>a <code class=\"language-c\">b</code></pre>", "a b", "pre 0+3")]
    [InlineData("<code class=\"language-c\">x</code>", "x", "code 0+1")]
    [InlineData("<blockquote>q <b>b</b></blockquote>", "q b", "blockquote 0+3, bold 2+1")]
    [InlineData("<blockquote expandable>q</blockquote>", "q", "expandable_blockquote 0+1")]
    [InlineData("<a href=\"https://example.com\">x</a>", "x", "text_link 0+1 https://example.com/")]
    [InlineData("<a href='https://example.com/a?b=1&amp;c=2' id=z>x</a>", "x", "text_link 0+1 https://example.com/a?b=1&c=2")]
    [InlineData("<a href=\"not a link\">x</a>", "x", "")]
    [InlineData("<a href=\"localhost\">x</a>", "x", "")]
    [InlineData("\U0001F600 <b>x</b>", "\U0001F600 x", "bold 3+1")]
    [InlineData("&#65;&#x42;&#128512;&lt&nbsp;&unknown; & &", "AB\U0001F600<&nbsp;&unknown; & &", "")]
    [InlineData("<b>a<code>b</code>c</b>", "abc", "bold 0+1, code 1+1, bold 2+1")]
    [InlineData("<b>a</b><b>b</b>", "ab", "bold 0+2")]
    [InlineData("<b>bold </b>  \n", "bold", "bold 0+4")]
    public async Task Text_and_entities_are_those_of_the_real_parser(string html, string text, string entities)
    {
        var answer = await Bot.SendHtmlAsync(Ada.Id, html, Stop);

        Assert.True(answer.Ok, answer.Body.ToString());
        Assert.Equal((text, entities), (answer.Text, answer.Entities));
    }

    [Theory]
    [InlineData("a <x>b</x>", "Unsupported start tag \"x\" at byte offset 2")]
    [InlineData("é < b", "Unsupported start tag \"\" at byte offset 3")]
    [InlineData("<name>", "Unsupported start tag \"name\" at byte offset 0")]
    [InlineData("<br/>", "Unsupported start tag \"br/\" at byte offset 0")]
    [InlineData("<b", "Unclosed start tag at byte offset 0")]
    [InlineData("<b>x", "Can't find end tag corresponding to start tag \"b\"")]
    [InlineData("<b><i>x</b>", "Unmatched end tag at byte offset 7, expected \"</i>\", found \"</b>\"")]
    [InlineData("x</b>", "Unexpected end tag at byte offset 1")]
    [InlineData("<b>x</b", "Unclosed end tag at byte offset 4")]
    [InlineData("<span>x</span>", "Tag \"span\" must have class \"tg-spoiler\" at byte offset 0")]
    [InlineData("<a href=\"x", "Unclosed start tag at byte offset 0")]
    [InlineData("<a href", "Unclosed start tag \"a\" at byte offset 0")]
    [InlineData("<a =x>y</a>", "Empty attribute name in the tag \"a\" at byte offset 0")]
    [InlineData("<a href=x/y>z</a>", "Unexpected end of name token at byte offset 8")]
    [InlineData("<tg-emoji emoji-id=\"none\">x</tg-emoji>", "Invalid custom emoji identifier specified")]
    [InlineData("&#xd83d;&#xde00;", "Text contains invalid Unicode characters after decoding HTML entities, check for unmatched surrogate code units")]
    public async Task What_cannot_be_parsed_is_refused_with_the_real_words(string html, string error)
    {
        var answer = await Bot.SendHtmlAsync(Ada.Id, html, Stop);

        Assert.Equal((400, $"Bad Request: can't parse entities: {error}"), (answer.Status, answer.Error));
    }

    [Fact]
    public async Task Other_parse_modes_are_refused()
    {
        var markdown = await Bot.CallAsync("sendMessage", new { chat_id = Ada.Id, text = "*x*", parse_mode = "MarkdownV2" }, Stop);
        Assert.Equal("Bad Request: can't parse entities: the emulator knows parse_mode HTML only", markdown.Error);
        var unknown = await Bot.CallAsync("sendMessage", new { chat_id = Ada.Id, text = "*x*", parse_mode = "rtf" }, Stop);
        Assert.Equal("Bad Request: unsupported parse_mode", unknown.Error);
    }

    [Fact]
    public async Task At_most_100_entities_are_applied()
    {
        var answer = await Bot.SendHtmlAsync(Ada.Id, string.Concat(Enumerable.Repeat("<b>x</b> ", 120)), Stop);

        Assert.Equal(100, answer.Result.GetProperty("entities").GetArrayLength());
    }

    [Fact]
    public async Task Too_many_long_addresses_are_refused()
    {
        var link = $"<a href=\"https://example.com/{new string('x', 400)}\">x</a> ";

        var answer = await Bot.SendHtmlAsync(Ada.Id, string.Concat(Enumerable.Repeat(link, 40)), Stop);

        Assert.Equal("Bad Request: ENTITIES_TOO_LONG", answer.Error);
    }
}
