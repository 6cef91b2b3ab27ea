using System.Text.Json;

namespace Clawdex.Emulators.Tests.BotApi;

/// <summary>Rich messages, as far as the emulator knows them: an edit with their HTML.</summary>
public sealed class RichMessageTests : EmulatorTest
{
    [Fact]
    public async Task An_edit_makes_a_message_rich_and_another_one_ordinary_again()
    {
        var sent = await Bot.SendAsync(Ada.Id, "growing", Stop);

        var edited = await EditAsync(Ada.Id, sent.MessageId, new { html = "<p>a &lt; b</p><table><tr><td>1</td><td>2</td></tr></table>", skip_entity_detection = true });

        Assert.True(edited.Ok);
        var message = Assert.Single(await Ada.GetMessagesAsync(Stop));
        Assert.Equal(("a < b\n1\t2", "<p>a &lt; b</p><table><tr><td>1</td><td>2</td></tr></table>"), (message.Text, message.RichHtml));
        await Bot.EditAsync(Ada.Id, sent.MessageId, "ordinary", Stop);
        Assert.Null(Assert.Single(await Ada.GetMessagesAsync(Stop)).RichHtml);
    }

    [Theory]
    [InlineData("""{"html":"<p>a</p>","markdown":"a"}""", "exactly one of html, markdown and blocks must be specified")]
    [InlineData("""{"html":"<p> </p>"}""", "Rich message must be non-empty")]
    [InlineData("""{"html":"<p>a</b>"}""", "can't parse rich message: unexpected end tag \"b\"")]
    [InlineData("""{"html":"<p>a"}""", "can't parse rich message: tag \"p\" is not closed")]
    [InlineData("""{"html":"<script>a</script>"}""", "can't parse rich message: unsupported tag \"script\"")]
    [InlineData("""{"html":"<p>a@b</p>"}""", "RICH_MESSAGE_EMAIL_INVALID")]
    public async Task What_is_wrong_with_one_is_said_and_changes_nothing(string rich, string reason)
    {
        var sent = await Bot.SendAsync(Ada.Id, "growing", Stop);

        var edited = await EditAsync(Ada.Id, sent.MessageId, JsonSerializer.Deserialize<JsonElement>(rich));

        Assert.Equal((false, $"Bad Request: {reason}"), (edited.Ok, edited.Error));
        Assert.Equal("growing", Assert.Single(await Ada.GetMessagesAsync(Stop)).Text);
    }

    private Task<BotAnswer> EditAsync(long chatId, int messageId, object rich) =>
        Bot.CallAsync("editMessageText", new { chat_id = chatId, message_id = messageId, rich_message = rich }, Stop);
}
