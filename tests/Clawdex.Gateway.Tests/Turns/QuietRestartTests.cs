using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;
using Clawdex.TelegramEmulator.Control;
using Clawdex.TelegramEmulator.Faults;

namespace Clawdex.Gateway.Tests.Turns;

/// <summary>What a restart asks Telegram for: nothing where a message only waited, and never so much that an answer is kept back.</summary>
public sealed class QuietRestartTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_that_only_waited_costs_no_call_but_its_answer()
    {
        await using var gateway = await GatewayUnderTest.PrepareAsync(null);
        var stored = new List<EmulatedChat>();
        var waiting = new List<EmulatedChat>();
        for (var i = 0; i < 3; i++)
        {
            stored.Add(await gateway.ChatAsync());
            Leave(gateway, stored[i], TurnState.Accepted);
            waiting.Add(await gateway.ChatAsync());
            await waiting[i].SayAsync("waiting");
        }

        await gateway.StartGatewayAsync();

        foreach (var chat in stored.Concat(waiting))
        {
            await chat.ReadsAsync("Echo: waiting");
            Assert.Equal(["sendMessage"], CallsOf(gateway, chat));
        }
    }

    [Theory]
    [InlineData(200, """{"ok":true,"result":true}""")]
    [InlineData(200, """{"ok":true,"result":{"message_id":"five"}}""")]
    [InlineData(200, "<html>Welcome</html>")]
    [InlineData(400, """{"ok":false,"error_code":400,"description":"Bad Request: something new"}""")]
    [InlineData(404, "<html>Not found</html>")]
    [InlineData(429, """{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 1","parameters":{"retry_after":1}}""")]
    [InlineData(500, "<html>Oops</html>")]
    public async Task Whatever_is_answered_to_a_search_the_answer_goes_out(int status, string body)
    {
        await using var gateway = await GatewayUnderTest.PrepareAsync(null);
        var chat = await gateway.ChatAsync();
        Leave(gateway, chat, TurnState.Streaming, 0);
        await gateway.Telegram.Control.AddFaultAsync(
            new Fault(FaultKind.Respond) { Method = "editMessageReplyMarkup", ChatId = chat.Id, Times = status == 429 ? 3 : 0, Status = status, Body = body }, Cancel);

        await gateway.StartGatewayAsync();
        await chat.ReadsAsync("Echo: waiting");

        var calls = CallsOf(gateway, chat);
        Assert.Single(calls, "sendMessage");
        Assert.InRange(calls.Count(call => call == "editMessageReplyMarkup"), 1, 32);
    }

    [Fact]
    public async Task A_search_that_is_not_answered_while_all_else_is_keeps_the_answer_back_for_10_seconds()
    {
        await using var gateway = await GatewayUnderTest.PrepareAsync(null);
        var chat = await gateway.ChatAsync();
        Leave(gateway, chat, TurnState.Streaming, 0);
        await gateway.Telegram.Control.AddFaultAsync(
            new Fault(FaultKind.Delay, "editMessageReplyMarkup", chat.Id, Times: 0) { DelayMs = 600_000 }, Cancel);

        await gateway.StartGatewayAsync();

        await chat.ReadsAsync("Echo: waiting");
        var calls = CallsOf(gateway, chat);
        Assert.Equal("sendMessage", Assert.Single(calls, call => call != "editMessageReplyMarkup"));
        Assert.InRange(calls.Count, 3, 4);
    }

    [Fact]
    public async Task Nothing_is_sent_before_the_store_knows_that_it_is_about_to_be_and_the_model_is_asked_meanwhile()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await gateway.ChatAsync();
        var (asked, said, stored) = (new Gate(), new Gate(), new Gate());
        gateway.Llm.When("begin", async call =>
        {
            asked.Open();
            await call.SayAsync("Begun.");
            said.Open();
        });
        gateway.Sessions.Before = method => method == "UpdateDelivery" ? stored.PassAsync(Cancel) : Task.CompletedTask;

        await chat.SayAsync("begin");
        await asked.PassAsync(Cancel);
        await said.PassAsync(Cancel);
        await Eventually.TrueAsync(() => gateway.Sessions.Turns is [{ State: TurnState.Answered }]);
        Assert.DoesNotContain("sendMessage", gateway.Network.CallsOf(chat.Id));
        gateway.Sessions.Before = null;
        stored.Open();

        await chat.ReadsAsync("Begun.");
        await Eventually.TrueAsync(() => gateway.Sessions.Turns is [{ State: TurnState.Delivered, ReplyMessageIds: [> 0] }]);
    }

    private static IReadOnlyList<string> CallsOf(GatewayUnderTest gateway, EmulatedChat chat) =>
        [.. gateway.Network.CallsOf(chat.Id).Where(call => call.Contains("Message", StringComparison.Ordinal) && char.IsLower(call[0]))];

    private static void Leave(GatewayUnderTest gateway, EmulatedChat chat, TurnState state, params int[] messages) =>
        gateway.Sessions.Leave($"telegram:{chat.Id}", "waiting", state, TimeProvider.System.GetUtcNow(), messages);
}
