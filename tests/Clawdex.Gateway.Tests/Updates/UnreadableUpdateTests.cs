using System.Net;
using System.Text;
using Clawdex.Gateway.Tests.Running;
using Clawdex.TelegramEmulator.Faults;
using Clawdex.Testing;

namespace Clawdex.Gateway.Tests.Updates;

/// <summary>Updates of shapes that this version has never heard of: none of them ends the bot, or costs a question that can be read.</summary>
public sealed class UnreadableUpdateTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>What stands beside the text in a message of a user.</summary>
    public static TheoryData<string> UnknownKinds =>
    [
        """ "forward_origin":{"type":"newkind","date":1} """,
        """ "forward_origin":{"date":1} """,
        """ "reply_to_message":{"message_id":1,"date":1,"chat":{"id":7,"type":"private"},"paid_media":{"star_count":1,"paid_media":[{"type":"newkind"}]}} """,
        """ "reply_to_message":{"message_id":1,"date":1,"chat":{"id":7,"type":"private"},"chat_background_set":{"type":{"type":"newkind"}}} """,
        """ "reply_to_message":{"message_id":1,"date":1,"chat":{"id":7,"type":"private"},"rich_message":{"text":{}}} """,
        """ "reply_to_message":"not an object" """,
        """ "external_reply":{"origin":{"type":"newkind"}} """,
        """ "entities":"none" """,
        """ "quote":7 """,
    ];

    [Theory]
    [MemberData(nameof(UnknownKinds))]
    public async Task A_question_beside_something_of_an_unknown_kind_is_answered(string beside)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await gateway.ChatAsync();

        await gateway.Telegram.Control.InjectUpdateAsync($$"""{"message":{{{From(chat.Id)}},"text":"hello",{{beside}} } }""", Cancel);

        await chat.ReadsAsync("Echo: hello");
    }

    [Theory]
    [InlineData(""" "forward_origin":{"type":"newkind","date":1} """)]
    [InlineData(""" "reply_to_message":"not an object" """)]
    public async Task So_is_one_that_is_edited(string beside)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await gateway.ChatAsync();
        var gate = new Gate();
        gateway.Llm.When("helo", async call => await gate.PassAsync(call.Cancelled));
        var asked = await chat.SayAsync("helo");
        await Eventually.TrueAsync(() => gateway.Llm.CallsFor("helo").Count == 1);

        await gateway.Telegram.Control.InjectUpdateAsync($$"""{"edited_message":{{{From(chat.Id, asked.MessageId)}},"text":"hello",{{beside}} } }""", Cancel);

        await chat.ReadsAsync("Echo: hello");
    }

    [Theory]
    [InlineData("edited_message", """{"edited_message":{"message_id":1,"date":1,"chat":{"id":7,"type":"private"},"rich_message":{"text":{}},"forward_origin":{"date":1}}}""")]
    [InlineData("message", """{"message":{"message_id":1}}""")]
    [InlineData("message", """{"message":{"message_id":1,"date":99999999999999,"chat":{"id":7,"type":"private"},"text":"when?"}}""")]
    [InlineData("message", """{"message":{"message_id":1,"date":1,"chat":7,"text":"where?"}}""")]
    [InlineData("message", """{"message":{"message_id":1,"date":1,"chat":{"id":7,"type":"private"},"rich_message":{"text":{}},"forward_origin":{"date":1}}}""")]
    [InlineData("callback_query", """{"callback_query":{"id":"1","data":"x"}}""")]
    [InlineData("my_chat_member", """{"my_chat_member":{"date":1,"new_chat_member":{}}}""")]
    public async Task What_cannot_be_read_is_named_by_its_kind_confirmed_and_skipped(string kind, string update)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await gateway.ChatAsync();

        await gateway.Telegram.Control.InjectUpdateAsync(update, Cancel);
        await chat.SayAsync("still there?");

        await chat.ReadsAsync("Echo: still there?");
        await Eventually.TrueAsync(async cancel => (await gateway.Telegram.Control.GetUpdatesAsync(cancel)).Pending == 0);
        Assert.Single(gateway.Logs.GetSnapshot(), record => record.Says($"({kind}) cannot be read"));
    }

    [Fact]
    public async Task A_webhook_takes_what_cannot_be_read_too_so_that_it_does_not_come_again()
    {
        const string Secret = "the-webhook_secret";
        await using var gateway = await GatewayUnderTest.StartAsync(
            ("channels:telegram:webhookUrl", "http://127.0.0.1:9/telegram/updates"), ("channels:telegram:webhookSecret", Secret));
        await Eventually.TrueAsync(() => gateway.Logs.GetSnapshot().Any(record => record.Says("delivers updates to the webhook")));
        using var http = gateway.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/telegram/updates", UriKind.Relative))
        {
            Content = new StringContent("""{"update_id":1,"message":{"message_id":1}}""", Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("X-Telegram-Bot-Api-Secret-Token", Secret);

        using var response = await http.SendAsync(request, Cancel);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Theory]
    [InlineData("""{"update_id":"5","message":{}}""")]
    [InlineData("""{"update_id":null,"message":{}}""")]
    [InlineData("""{"update_id":{},"message":{}}""")]
    [InlineData("""{"message":{}}""")]
    [InlineData(""" "neither" """)]
    // A member that is called by half of a character.
    [InlineData("""{"update_id":900000000,"\ud800\ud800":1,"message":{}}""")]
    [InlineData("""{"\ud800\ud800":1,"update_id":900000000,"message":{}}""")]
    public async Task An_update_that_cannot_be_read_ends_neither_the_bot_nor_what_comes_with_it(string update)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await gateway.ChatAsync();
        await gateway.Telegram.Control.AddFaultAsync(
            new Fault(FaultKind.Respond, "getUpdates", Status: 200, Body: $$"""{"ok":true,"result":[{{update}},{"update_id":900000001,"message":{{{From(chat.Id)}},"text":"beside it"} }]}"""), Cancel);
        await gateway.BreakPollAsync();

        await chat.ReadsAsync("Echo: beside it");
        Assert.Single(gateway.Logs.GetSnapshot(), record => record.Says("cannot be read"));
    }

    [Fact]
    public async Task A_message_that_nests_as_deep_as_telegram_allows_is_read()
    {
        // Lists within lists, of a rich message that is replied to.
        var nested = string.Concat(Enumerable.Repeat("""{"blocks":[{"type":"list","items":[""", 16)) + string.Concat(Enumerable.Repeat("]}]}", 16));
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await gateway.ChatAsync();
        var message = $$"""{{{From(chat.Id)}},"text":"so deep","reply_to_message":{"message_id":1,"date":1,"chat":{"id":7,"type":"private"},"rich_message":{{nested}} } }""";
        await gateway.Telegram.Control.AddFaultAsync(
            new Fault(FaultKind.Respond, "getUpdates", Status: 200, Body: $$"""{"ok":true,"result":[{"update_id":900000001,"message":{{message}} }]}"""), Cancel);
        await gateway.BreakPollAsync();

        await chat.ReadsAsync("Echo: so deep");
    }

    private static string From(long chatId, int messageId = 9003) =>
        $$"""
        "message_id":{{messageId}},"date":{{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}},"chat":{"id":{{chatId}},"type":"private","first_name":"Ada"},"from":{"id":{{chatId}},"is_bot":false,"first_name":"Ada"}
        """;
}
