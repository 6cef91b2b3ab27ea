using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;
using Clawdex.TelegramEmulator.Control;
using Clawdex.TelegramEmulator.Faults;
using Clawdex.Testing;
using Microsoft.Extensions.Logging;

namespace Clawdex.Gateway.Tests.Updates;

/// <summary>Updates come twice, broken, unknown, renumbered, or not at all (cases 1 to 9 of the wire formats' list).</summary>
public sealed class UpdateDeliveryTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_update_that_is_delivered_twice_is_answered_once()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await gateway.ChatAsync();
        var next = (await gateway.Telegram.Control.GetUpdatesAsync(Cancel)).NextId;

        await chat.SayAsync("once");
        await chat.ReadsAsync("Echo: once");
        await gateway.Telegram.Control.RedeliverAsync(next, Cancel);
        await chat.SayAsync("then");
        await chat.ReadsAsync("Echo: then");

        Assert.Equal(["Echo: once", "Echo: then"], await chat.BotTextsAsync());
        Assert.Single(gateway.Llm.CallsFor("once"));
    }

    [Fact]
    public async Task A_reset_that_is_delivered_twice_deletes_nothing_newer_and_is_answered_as_before()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await gateway.ChatAsync();
        await chat.SayAsync("old");
        await chat.ReadsAsync("Echo: old");
        var next = (await gateway.Telegram.Control.GetUpdatesAsync(Cancel)).NextId;
        await chat.SayAsync("/reset");
        await chat.ReadsAsync(UserTexts.ResetDone);
        await chat.SayAsync("newer");
        await chat.ReadsAsync("Echo: newer");

        await gateway.Telegram.Control.RedeliverAsync(next, Cancel);
        await chat.SayAsync("newest");
        await chat.ReadsAsync("Echo: newest");

        Assert.Equal(["user: newer", "assistant: Echo: newer", "user: newest"], Assert.Single(gateway.Llm.CallsFor("newest")).Prompt);
        Assert.DoesNotContain(UserTexts.ResetEmpty, await chat.BotTextsAsync());
    }

    [Fact]
    public async Task An_update_is_confirmed_only_after_it_was_stored()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var (asked, store) = (new Gate(), new Gate());
        gateway.Sessions.Before = async method =>
        {
            if (method != "AcceptMessage")
                return;
            asked.Open();
            await store.PassAsync(Cancel);
        };
        var chat = await gateway.ChatAsync();

        await chat.SayAsync("keep me");
        await asked.PassAsync(Cancel);
        Assert.Equal(1, (await gateway.Telegram.Control.GetUpdatesAsync(Cancel)).Pending);

        store.Open();
        await Eventually.TrueAsync(async cancel => (await gateway.Telegram.Control.GetUpdatesAsync(cancel)).Pending == 0);
        await chat.ReadsAsync("Echo: keep me");
    }

    [Fact]
    public async Task Update_ids_that_start_over_below_the_old_ones_are_handled()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await gateway.ChatAsync();
        await gateway.Telegram.Control.SetNextUpdateIdAsync(900_000, Cancel);
        await chat.SayAsync("high");
        await chat.ReadsAsync("Echo: high");

        await gateway.Telegram.Control.SetNextUpdateIdAsync(500, Cancel);
        await chat.SayAsync("low");

        await chat.ReadsAsync("Echo: low");
    }

    [Fact]
    public async Task Unknown_and_malformed_updates_are_skipped_and_confirmed_and_their_neighbours_handled()
    {
        await using var gateway = await GatewayUnderTest.PrepareAsync(null);
        var chat = await gateway.ChatAsync();
        await chat.SayAsync("before");
        await gateway.Telegram.Control.InjectUnknownUpdateAsync(Cancel);
        await gateway.Telegram.Control.InjectMalformedUpdateAsync(Cancel);
        await gateway.Telegram.Control.InjectUpdateAsync("{}", Cancel);
        await gateway.Telegram.Control.InjectUpdateAsync("""{"stopped_message_generation":{"chat":{"id":7,"type":"private"},"draft_id":3}}""", Cancel);
        await chat.SayAsync("after");

        await gateway.StartGatewayAsync();

        await chat.ReadsAsync("Echo: before");
        await chat.ReadsAsync("Echo: after");
        await Eventually.TrueAsync(async cancel => (await gateway.Telegram.Control.GetUpdatesAsync(cancel)).Pending == 0);
        Assert.Single(gateway.Logs.GetSnapshot(), record => record.Says("cannot be read"));
    }

    [Theory]
    [InlineData(502, "<html>Bad Gateway</html>", "text/html")]
    [InlineData(200, "", "application/json")]
    [InlineData(200, "{\"ok\":true,\"result\":[{\"upd", "application/json")]
    [InlineData(200, "{\"ok\":false,\"error_code\":500,\"description\":\"Internal Server Error: restart\"}", "application/json")]
    [InlineData(504, "", "text/plain")]
    [InlineData(404, "<html>Not Found</html>", "text/html")]
    [InlineData(401, "<html>Who are you?</html>", "text/html")]
    [InlineData(403, "<html>Forbidden</html>", "text/html")]
    [InlineData(404, "{\"error\":\"not found\"}", "application/json")]
    [InlineData(404, "{\"ok\":false,\"error_code\":404,\"description\":\"Not Found\"}", "application/json")]
    [InlineData(401, "{\"ok\":false,\"error_code\":401,\"description\":\"Unauthorized\"}", "application/json")]
    [InlineData(200, "{\"ok\":true,\"result\":[{\"no_id\":1}]}", "application/json")]
    public async Task Whatever_a_poll_is_answered_polling_goes_on(int status, string body, string contentType)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await gateway.ChatAsync();
        await gateway.Telegram.Control.AddFaultAsync(
            new Fault(FaultKind.Respond) { Method = "getUpdates", Status = status, Body = body, ContentType = contentType }, Cancel);

        await gateway.BreakPollAsync();
        await chat.SayAsync("still there?");

        await chat.ReadsAsync("Echo: still there?");
        Assert.Single(gateway.Logs.GetSnapshot(), record => record.Says("Telegram answers again"));
        Assert.DoesNotContain(gateway.Logs.GetSnapshot(), record => record.Level is LogLevel.Critical);
    }

    [Fact]
    public async Task A_429_without_json_makes_the_poll_wait_as_its_header_says()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await gateway.ChatAsync();
        await gateway.Telegram.Control.AddFaultAsync(
            new Fault(FaultKind.Respond) { Method = "getUpdates", Status = 429, Body = "slow down", ContentType = "text/plain", RetryAfter = 1 }, Cancel);

        await gateway.BreakPollAsync();
        await chat.SayAsync("later");

        await chat.ReadsAsync("Echo: later");
        Assert.Contains(gateway.Logs.GetSnapshot(), record => record.Says(": HTTP 429. Trying"));
    }

    [Fact]
    public async Task Another_poller_is_named_once_and_polling_goes_on_when_it_is_gone()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await gateway.ChatAsync();
        const string Conflict =
            """{"ok":false,"error_code":409,"description":"Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"}""";
        await gateway.Telegram.Control.AddFaultAsync(new Fault(FaultKind.Respond) { Method = "getUpdates", Status = 409, Body = Conflict }, Cancel);

        await gateway.BreakPollAsync();
        await chat.SayAsync("still me");

        await chat.ReadsAsync("Echo: still me");
        Assert.Single(gateway.Logs.GetSnapshot(), record => record.Level is LogLevel.Error && record.Says("run only one"));
    }

    [Fact]
    public async Task A_webhook_that_is_in_the_way_is_named_with_what_to_do()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        const string Conflict =
            """{"ok":false,"error_code":409,"description":"Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"}""";
        await gateway.Telegram.Control.AddFaultAsync(new Fault(FaultKind.Respond) { Method = "getUpdates", Status = 409, Body = Conflict }, Cancel);

        await gateway.BreakPollAsync();

        await Eventually.TrueAsync(() => gateway.Logs.GetSnapshot().Any(record => record.Says("remove it with deleteWebhook")));
    }

    [Fact]
    public async Task While_telegram_is_unreachable_health_says_so_and_the_gateway_keeps_trying()
    {
        await using var gateway = await GatewayUnderTest.PrepareAsync(null);
        await gateway.Telegram.Control.AddFaultAsync(new Fault(FaultKind.DropBefore) { Method = "getMe", Times = 2 }, Cancel);
        using var client = gateway.StartDisconnected();

        var health = await client.GetAsync("/health", Cancel);
        Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, health.StatusCode);
        Assert.Contains("Not yet connected to the Bot API", await health.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.True((await client.GetAsync("/alive", Cancel)).IsSuccessStatusCode);

        await Eventually.TrueAsync(async cancel => (await client.GetAsync("/health", cancel)).IsSuccessStatusCode);
    }

    [Fact]
    public async Task After_a_short_downtime_every_message_that_waited_is_answered_in_order()
    {
        await using var gateway = await GatewayUnderTest.PrepareAsync(null);
        var chat = await gateway.ChatAsync();
        await WriteEarlierAsync(gateway, chat, TimeSpan.FromMinutes(25), 30);

        await gateway.StartGatewayAsync();
        await chat.ReadsAsync("Echo: old 30");

        // Once on the way, the model is no longer shown the beginning.
        Assert.Equal(Enumerable.Range(1, 30).Select(i => $"Echo: old {i}"), (await chat.BotTextsAsync()).Select(text => text.Replace($"\n\n{UserTexts.ContextCut}", "", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task How_long_messages_may_have_waited_can_be_set()
    {
        await using var gateway = await GatewayUnderTest.PrepareAsync(null, ("channels:telegram:answerWithinMinutes", "20"));
        var chat = await gateway.ChatAsync();
        await WriteEarlierAsync(gateway, chat, TimeSpan.FromMinutes(25), 3);

        await gateway.StartGatewayAsync();
        await chat.ReadsAsync("Echo: old 3");

        Assert.Equal(["Echo: old 3"], await chat.BotTextsAsync());
    }

    [Fact]
    public async Task After_a_downtime_each_chat_gets_one_answer_to_its_newest_message()
    {
        await using var gateway = await GatewayUnderTest.PrepareAsync(null);
        var chat = await gateway.ChatAsync();
        await WriteEarlierAsync(gateway, chat, TimeSpan.FromHours(1), 30);

        await gateway.StartGatewayAsync();
        await chat.ReadsAsync("Echo: old 30");

        Assert.Equal(["Echo: old 30"], await chat.BotTextsAsync());
        Assert.Equal(30, Assert.Single(gateway.Llm.Calls).Prompt.Count);
        await Eventually.TrueAsync(() => gateway.Sessions.Turns.All(turn => turn.State is TurnState.Delivered or TurnState.Cancelled));
    }

    /// <summary>Messages that Telegram has kept since, a second apart.</summary>
    private static async Task WriteEarlierAsync(GatewayUnderTest gateway, EmulatedChat chat, TimeSpan age, int count)
    {
        var first = TimeProvider.System.GetUtcNow().Subtract(age).ToUnixTimeSeconds();
        for (var i = 1; i <= count; i++)
        {
            await gateway.Telegram.Control.InjectUpdateAsync(
                $$$"""{"message":{"message_id":{{{1000 + i}}},"date":{{{first + i}}},"chat":{"id":{{{chat.Id}}},"type":"private"},"from":{"id":{{{chat.Id}}},"is_bot":false,"first_name":"Ann"},"text":"old {{{i}}}"}}""",
                Cancel);
        }
    }
}
