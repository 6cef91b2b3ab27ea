using System.Net;
using System.Text;
using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;
using Clawdex.TelegramEmulator.Control;
using Clawdex.TelegramEmulator.Faults;
using Clawdex.Testing;
using Grpc.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Clawdex.Gateway.Tests.Turns;

/// <summary>Two gateways by mistake on one bot: one answers, the other says why it waits, and takes over when the first is gone.</summary>
public sealed class TwoGatewaysTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_second_gateway_waits_without_touching_telegram_or_open_turns_and_says_so()
    {
        await using var first = await GatewayUnderTest.StartAsync();
        first.Llm.When("take your time", async call =>
        {
            await call.SayAsync("One moment, ");
            await call.HangAsync();
        });
        var chat = await first.ChatAsync();
        await chat.SayAsync("take your time");
        await chat.ReadsAsync("One moment,");

        var logs = new FakeLogCollector();
        await using var second = first.StartAnother(logs);
        await SaysAsync(logs, "Another gateway answers for this bot");
        var other = await first.ChatAsync();
        for (var i = 0; i < 10; i++)
        {
            await other.SayAsync($"message {i}");
            await other.ReadsAsync($"Echo: message {i}");
        }

        Assert.Single(first.Llm.CallsFor("take your time"));
        Assert.DoesNotContain(first.Logs.GetSnapshot(), record => record.Says("polls for this bot"));
        var line = Assert.Single(logs.GetSnapshot(), record => record.Level >= LogLevel.Warning);
        Assert.Contains($"({Environment.MachineName}, process {Environment.ProcessId})", line.Text(), StringComparison.Ordinal);
        var health = await second.Http.GetAsync("/health", Cancel);
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
        Assert.Contains("Degraded", await health.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    [Fact]
    public async Task When_the_first_gateway_ends_the_second_finishes_its_parked_answer_and_each_message_is_answered_once()
    {
        await using var first = await GatewayUnderTest.StartAsync();
        var handedOver = false;
        first.Llm.When("a long one", async call =>
        {
            await call.SayAsync("Begun, ");
            if (!Volatile.Read(ref handedOver))
                await call.HangAsync();
            await call.SayAsync("and done.");
        });
        var chats = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => first.ChatAsync()));
        var logs = new FakeLogCollector();
        await using var second = first.StartAnother(logs);
        await SaysAsync(logs, "Another gateway answers for this bot");
        await chats[0].SayAsync("a long one");
        var begun = await chats[0].ReadsAsync("Begun,");

        var stopping = Task.CompletedTask;
        for (var i = 0; i < 10; i++)
        {
            foreach (var chat in chats.Skip(1))
                await chat.SayAsync($"message {i}");
            if (i != 4)
                continue;
            Volatile.Write(ref handedOver, true);
            stopping = first.StopGatewayAsync();
        }

        await stopping;
        await SaysAsync(logs, "this one answers now");
        Assert.Equal(begun.MessageId, (await chats[0].ReadsAsync("Begun, and done.")).MessageId);
        foreach (var chat in chats.Skip(1))
            await chat.ReadsAsync("Echo: message 9");
        foreach (var chat in chats.Skip(1))
            Assert.Equal(Enumerable.Range(0, 10).Select(i => $"Echo: message {i}"), await chat.BotTextsAsync());
        Assert.Equal(["Begun, and done."], await chats[0].BotTextsAsync());
        await Eventually.TrueAsync(() => first.Sessions.Turns.All(turn => turn.State is TurnState.Delivered));
    }

    [Fact]
    public async Task A_gateway_that_lost_its_lease_breaks_off_what_it_does_and_the_other_finishes_it_in_the_same_message()
    {
        await using var first = await GatewayUnderTest.StartAsync();
        var calls = 0;
        first.Llm.When("whose is it?", async call =>
        {
            await call.SayAsync("It is ");
            if (Interlocked.Increment(ref calls) == 1)
                await call.HangAsync();
            await call.SayAsync("mine.");
        });
        var logs = new FakeLogCollector();
        await using var second = first.StartAnother(logs);
        await SaysAsync(logs, "Another gateway answers for this bot");
        var chat = await first.ChatAsync();
        await chat.SayAsync("whose is it?");
        var begun = await chat.ReadsAsync("It is");
        await chat.SayAsync("and then?");
        await Eventually.TrueAsync(() => first.Sessions.Turns.Count == 2);

        await first.Sessions.StealLeaseAsync();

        Assert.Equal(begun.MessageId, (await chat.ReadsAsync("It is mine.")).MessageId);
        await chat.ReadsAsync("Echo: and then?");
        await first.Llm.CallsFor("whose is it?")[0].WasCancelled.WaitAsync(GatewayUnderTest.Soon, Cancel);
        await SaysAsync(first.Logs, "Another gateway answers for this bot");
        await chat.SayAsync("good");
        await chat.ReadsAsync("Echo: good");
        Assert.Equal(["It is mine.", "Echo: and then?", "Echo: good"], await chat.BotTextsAsync());
        Assert.Equal(2, calls);
        Assert.Single(first.Llm.CallsFor("and then?"));
    }

    [Fact]
    public async Task When_the_session_service_comes_back_the_gateway_that_answered_goes_on()
    {
        await using var first = await GatewayUnderTest.StartAsync();
        var logs = new FakeLogCollector();
        await using var second = first.StartAnother(logs);
        await SaysAsync(logs, "Another gateway answers for this bot");
        var answering = new Gate();
        first.Llm.When("slowly", async call =>
        {
            await call.SayAsync("Slow");
            await answering.PassAsync(call.Cancelled);
            await call.SayAsync("ly.");
        });
        var chat = await first.ChatAsync();
        await chat.SayAsync("slowly");
        await chat.ReadsAsync("Slow");

        await first.Sessions.KillAsync();
        await SaysAsync(first.Logs, "does not answer");
        first.Sessions.Start();
        await SaysAsync(first.Logs, "answers again");
        answering.Open();

        await chat.ReadsAsync("Slowly.");
        await chat.SayAsync("next");
        await chat.ReadsAsync("Echo: next");
        Assert.Single(first.Llm.CallsFor("slowly"));
        Assert.DoesNotContain(logs.GetSnapshot(), record => record.Says("answers now"));
    }

    [Fact]
    public async Task A_gateway_that_waits_turns_the_webhook_away_so_that_telegram_repeats_the_update()
    {
        const string secret = "the_same_for-both";
        await using var first = await GatewayUnderTest.StartAsync(
            ("channels:telegram:webhookUrl", "http://127.0.0.1:9/telegram/updates"), ("channels:telegram:webhookSecret", secret));
        await SaysAsync(first.Logs, "delivers updates to the webhook");
        var logs = new FakeLogCollector();
        await using var second = first.StartAnother(logs);
        await SaysAsync(logs, "Another gateway answers for this bot");
        var chat = await first.ChatAsync();

        Assert.Equal(HttpStatusCode.ServiceUnavailable, await DeliverAsync(second.Http, chat, secret));
        Assert.Empty(first.Sessions.Turns);

        await first.StopGatewayAsync();
        await SaysAsync(logs, "delivers updates to the webhook");
        Assert.Equal(HttpStatusCode.OK, await DeliverAsync(second.Http, chat, secret));
        await chat.ReadsAsync("Echo: by webhook");
    }

    [Theory]
    [InlineData("people")]
    [InlineData("telegram")]
    public async Task A_gateway_that_waits_is_not_red_for_what_it_could_not_do_while_it_answered(string check)
    {
        await using var first = await GatewayUnderTest.PrepareAsync(
            null, ("channels:telegram:webhookUrl", "http://127.0.0.1:9/telegram/updates"), ("channels:telegram:webhookSecret", "the_same_for-both"));
        if (check == "people")
            first.Sessions.Before = method => method == "ListPeople" ? throw new RpcException(new Status(StatusCode.Internal, "broken")) : Task.CompletedTask;
        else
            await first.Telegram.Control.AddFaultAsync(new Fault(FaultKind.Respond, "setWebhook", Times: 0, Status: 502), Cancel);
        using var http = first.StartDisconnected();
        await Eventually.TrueAsync(async cancel => (await HealthAsync(http, cancel)).Contains($"\"{check}\":{{\"status\":\"Unhealthy\"", StringComparison.Ordinal));
        var logs = new FakeLogCollector();
        await using var second = first.StartAnother(logs);
        await SaysAsync(logs, "Another gateway answers for this bot");

        await first.Sessions.StealLeaseAsync();

        await Eventually.TrueAsync(async cancel => (await http.GetAsync("/health", cancel)).IsSuccessStatusCode);
    }

    [Fact]
    public async Task With_session_services_of_their_own_each_names_the_conflict_in_its_log()
    {
        await using var first = await GatewayUnderTest.StartAsync();
        await using var elsewhere = new SessionsUnderTest();
        var logs = new FakeLogCollector();
        await using var second = first.StartAnother(logs, ("services:session:grpc:0", elsewhere.Address));

        await Eventually.TrueAsync(() => first.Logs.GetSnapshot().Concat(logs.GetSnapshot()).Any(record =>
            record.Level is LogLevel.Error && record.Says("Another program polls for this bot's updates: run only one")));
    }

    private static Task SaysAsync(FakeLogCollector logs, string text) =>
        Eventually.TrueAsync(() => logs.GetSnapshot().Any(record => record.Says(text)));

    private static async Task<string> HealthAsync(HttpClient http, CancellationToken cancellationToken)
    {
        using var health = await http.GetAsync("/health", cancellationToken);
        return await health.Content.ReadAsStringAsync(cancellationToken);
    }

    private static async Task<HttpStatusCode> DeliverAsync(HttpClient http, EmulatedChat chat, string secret)
    {
        var update = $$$"""{"update_id":77,"message":{"message_id":5,"date":{{{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}}},"chat":{"id":{{{chat.Id}}},"type":"private"},"from":{"id":{{{chat.Id}}},"is_bot":false,"first_name":"Ann"},"text":"by webhook"}}""";
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/telegram/updates", UriKind.Relative))
        {
            Content = new StringContent(update, Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("X-Telegram-Bot-Api-Secret-Token", secret);
        using var response = await http.SendAsync(request, Cancel);
        return response.StatusCode;
    }
}
