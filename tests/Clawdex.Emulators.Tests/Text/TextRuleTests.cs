namespace Clawdex.Emulators.Tests.Text;

/// <summary>Lengths, cleaning and what counts as modified.</summary>
public sealed class TextRuleTests : EmulatorTest
{
    [Fact]
    public async Task The_limit_is_4096_code_points_not_code_units()
    {
        Assert.True((await Bot.SendAsync(Ada.Id, new string('x', 4096), Stop)).Ok);
        Assert.True((await Bot.SendAsync(Ada.Id, string.Concat(Enumerable.Repeat("\U0001F600", 4096)), Stop)).Ok);
        Assert.Equal("Bad Request: message is too long", (await Bot.SendAsync(Ada.Id, new string('x', 4097), Stop)).Error);
    }

    [Fact]
    public async Task The_limit_holds_after_parsing()
    {
        var answer = await Bot.SendHtmlAsync(Ada.Id, $"<b>{new string('x', 4090)}&lt;&gt;&amp;&quot;xx</b>", Stop);

        Assert.Equal(4096, answer.Text.Length);
    }

    [Fact]
    public async Task Before_parsing_32_KiB_are_allowed()
    {
        var tooLong = await Bot.SendHtmlAsync(Ada.Id, string.Concat(Enumerable.Repeat("&lt;", 8192)) + "x", Stop);
        var justRight = await Bot.SendHtmlAsync(Ada.Id, string.Concat(Enumerable.Repeat("&#00060;", 4096)), Stop);

        Assert.Equal("Bad Request: text is too long", tooLong.Error);
        Assert.True(justRight.Ok);
    }

    [Fact]
    public async Task An_edit_that_is_too_long_has_another_error()
    {
        var sent = await Bot.SendAsync(Ada.Id, "x", Stop);

        Assert.Equal("Bad Request: MESSAGE_TOO_LONG", (await Bot.EditAsync(Ada.Id, sent.MessageId, new string('x', 4097), Stop)).Error);
    }

    [Theory]
    [InlineData("", "message text is empty")]
    [InlineData(" \n ", "text must be non-empty")]
    [InlineData("\r\u2028\u202E\0", "text must be non-empty")]
    [InlineData("\u200B\uFEFF", "text must be non-empty")]
    [InlineData("\u200C\u200D\u200E\u200F\u00A0", "text must be non-empty")]
    [InlineData("\u2800", "text must be non-empty")]
    [InlineData("\uFFFC\u1680\u180E", "text must be non-empty")]
    [InlineData("\u2000\u200A\u202F\u205F\u3000", "text must be non-empty")]
    [InlineData("\U000E0041\U000E007F", "text must be non-empty")]
    public async Task Nothing_to_show_is_refused(string text, string error)
    {
        Assert.Equal($"Bad Request: {error}", (await Bot.SendAsync(Ada.Id, text, Stop)).Error);
    }

    [Theory]
    [InlineData("  x \n\n", "x")]
    [InlineData("a\tb\rc\u0001d", "a bc d")]
    [InlineData("a\r\nb", "a\nb")]
    [InlineData("a\u202Eb\u2028c", "abc")]
    [InlineData("a\u200Bb\u2800", "a\u200Bb\u2800")]
    public async Task Text_is_cleaned_before_it_is_shown(string text, string shown)
    {
        Assert.Equal(shown, (await Bot.SendAsync(Ada.Id, text, Stop)).Text);
    }

    [Fact]
    public async Task Entities_follow_the_cleaned_text()
    {
        var answer = await Bot.SendHtmlAsync(Ada.Id, " \r\n a\r<b>b\u202Ec</b>", Stop);

        Assert.Equal(("abc", "bold 1+2"), (answer.Text, answer.Entities));
    }

    [Fact]
    public async Task A_lone_surrogate_is_refused()
    {
        using var content = new StringContent($$"""{"chat_id":{{Ada.Id}},"text":"\ud83d"}""", null, "application/json");

        Assert.Equal("Bad Request: strings must be encoded in UTF-8", (await Bot.PostAsync("sendMessage", content, Stop)).Error);
    }

    [Fact]
    public async Task An_edit_that_changes_nothing_visible_is_not_modified()
    {
        const string NotModified = "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message";
        var sent = await Bot.SendAsync(Ada.Id, "x", Stop);

        Assert.Equal(NotModified, (await Bot.EditAsync(Ada.Id, sent.MessageId, "x", Stop)).Error);
        Assert.Equal(NotModified, (await Bot.EditAsync(Ada.Id, sent.MessageId, "x \n", Stop)).Error);
        Assert.True((await Bot.EditAsync(Ada.Id, sent.MessageId, "x y", Stop)).Ok);
        Assert.True((await Bot.CallAsync("editMessageText", new { chat_id = Ada.Id, message_id = sent.MessageId, text = "x <b>y</b>", parse_mode = "html" }, Stop)).Ok);
    }

    [Fact]
    public async Task An_edit_has_an_edit_date_and_drops_the_keyboard_when_it_names_none()
    {
        var keyboard = new { inline_keyboard = new[] { new[] { new { text = "A", callback_data = "a" } } } };
        var sent = await Bot.CallAsync("sendMessage", new { chat_id = Ada.Id, text = "x", reply_markup = keyboard }, Stop);
        Assert.True(sent.Result.TryGetProperty("reply_markup", out _));

        var edited = await Bot.EditAsync(Ada.Id, sent.MessageId, "x", Stop);

        Assert.True(edited.Ok);
        Assert.True(edited.Result.TryGetProperty("edit_date", out _));
        Assert.False(edited.Result.TryGetProperty("reply_markup", out _));
    }

    [Fact]
    public async Task Commands_mentions_and_addresses_are_found()
    {
        var answer = await Bot.SendAsync(Ada.Id, "/help@clawdex_bot @ada https://example.com/x. a/b c@d", Stop);

        Assert.Equal("bot_command 0+17, mention 18+4, url 23+21", answer.Entities);
    }

    [Fact]
    public async Task Given_entities_are_taken()
    {
        var entities = new object[] { new { type = "bold", offset = 0, length = 1 }, new { type = "text_link", offset = 2, length = 1, url = "https://example.com/" } };

        var answer = await Bot.CallAsync("sendMessage", new { chat_id = Ada.Id, text = "a b", entities }, Stop);

        Assert.Equal("bold 0+1, text_link 2+1 https://example.com/", answer.Entities);
    }
}
