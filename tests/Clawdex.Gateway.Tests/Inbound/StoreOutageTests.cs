using System.Net;
using System.Text;
using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;
using Clawdex.TelegramEmulator.Control;
using Grpc.Core;

namespace Clawdex.Gateway.Tests.Inbound;

/// <summary>Messages that cannot be stored wait at Telegram: nobody is left in the dark, and nothing is answered twice or out of order.</summary>
public sealed class StoreOutageTests
{
    private static readonly Status Away = new(StatusCode.Unavailable, "killed");

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Each_waiting_chat_is_told_once_and_its_notice_becomes_the_answer()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var (ann, bob) = (await gateway.ChatAsync(), await gateway.ChatAsync());

        gateway.Sessions.Outage = Away;
        await ann.SayAsync("first");
        var notice = await ann.ReadsAsync(UserTexts.WaitingForStorage);
        await ann.SayAsync("second");
        await bob.SayAsync("hello");
        await bob.ReadsAsync(UserTexts.WaitingForStorage);
        await bob.SayAsync("/help");
        await bob.ReadsAsync(message => message.Text.Contains("/reset", StringComparison.Ordinal));
        gateway.Sessions.Outage = null;

        Assert.Equal(notice.MessageId, (await ann.ReadsAsync("Echo: first")).MessageId);
        await ann.ReadsAsync("Echo: second");
        await bob.ReadsAsync("Echo: hello");
        Assert.Equal(["Echo: first", "Echo: second"], await ann.BotTextsAsync());
        Assert.Equal(2, (await bob.BotTextsAsync()).Count);
        Assert.Equal(3, gateway.Llm.Calls.Count);
        await Eventually.TrueAsync(() => gateway.Sessions.Turns.All(turn => turn.State is TurnState.Delivered));
        await Eventually.TrueAsync(async cancel => (await gateway.Telegram.Control.GetUpdatesAsync(cancel)).Pending == 0);
    }

    [Fact]
    public async Task A_short_outage_passes_unnoticed()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await gateway.ChatAsync();
        var tried = new Gate();
        gateway.Sessions.Before = method =>
        {
            tried.Open();
            return Task.CompletedTask;
        };

        gateway.Sessions.Outage = Away;
        await chat.SayAsync("anybody there?");
        await tried.PassAsync(Cancel);
        await tried.PassAsync(Cancel);
        gateway.Sessions.Outage = null;

        await chat.ReadsAsync("Echo: anybody there?");
        Assert.DoesNotContain(await chat.TimelineAsync(), entry => $"{entry}".Contains(UserTexts.WaitingForStorage, StringComparison.Ordinal));
        Assert.Single(await chat.TimelineAsync(), entry => entry.Kind is TimelineKind.Send);
    }

    [Fact]
    public async Task The_notice_of_a_gateway_that_was_killed_becomes_the_answer()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await gateway.ChatAsync();

        gateway.Sessions.Outage = Away;
        await chat.SayAsync("who answers?");
        var notice = await chat.ReadsAsync(UserTexts.WaitingForStorage);
        await gateway.KillGatewayAsync();
        gateway.Sessions.Outage = null;
        await gateway.StartGatewayAsync();

        Assert.Equal(notice.MessageId, (await chat.ReadsAsync("Echo: who answers?")).MessageId);
        Assert.Equal(["Echo: who answers?"], await chat.BotTextsAsync());
    }

    [Fact]
    public async Task The_notice_of_a_gateway_that_was_killed_is_found_whatever_it_said_to_others_meanwhile()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var (chat, other) = (await gateway.ChatAsync(), await gateway.ChatAsync());

        gateway.Sessions.Outage = Away;
        await chat.SayAsync("who answers?");
        for (var i = 0; i < 40; i++)
            await SayAsBotAsync(gateway, other, $"said {i}");
        var notice = await chat.ReadsAsync(UserTexts.WaitingForStorage);
        await gateway.KillGatewayAsync();
        await other.SayAsync("later");
        gateway.Sessions.Outage = null;
        await gateway.StartGatewayAsync();

        Assert.Equal(notice.MessageId, (await chat.ReadsAsync("Echo: who answers?")).MessageId);
        Assert.Equal(["Echo: who answers?"], await chat.BotTextsAsync());
    }

    [Fact]
    public async Task No_notice_comes_between_an_answer_that_is_still_to_come_and_the_one_after_it()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var (chat, other) = (await gateway.ChatAsync(), await gateway.ChatAsync());
        var (asked, speak) = (new Gate(), new Gate());
        gateway.Llm.When("earlier", async call =>
        {
            asked.Open();
            await speak.PassAsync(call.Cancelled);
            await call.SayAsync("Answered at last.");
        });

        await chat.SayAsync("earlier");
        await asked.PassAsync(Cancel);
        gateway.Sessions.Outage = Away;
        await chat.SayAsync("later");
        await other.SayAsync("and here?");
        // Told at the same time, if both were.
        await other.ReadsAsync(UserTexts.WaitingForStorage);
        speak.Open();
        await chat.ReadsAsync(message => message.Text.StartsWith("Answered at last.", StringComparison.Ordinal));
        gateway.Sessions.Outage = null;

        await chat.ReadsAsync("Echo: later");
        await chat.ReadsAsync("Answered at last.");
        Assert.Equal(["Answered at last.", "Echo: later"], await chat.BotTextsAsync());
        Assert.DoesNotContain(await chat.TimelineAsync(), entry => $"{entry}".Contains(UserTexts.WaitingForStorage, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_writes_behind_an_answer_that_cannot_be_settled_reads_below_it_what_is_waited_for()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await gateway.ChatAsync();
        gateway.Sessions.Before = method =>
        {
            if (method == "UpdateDelivery" && gateway.Sessions.Turns.Any(turn => turn.State is TurnState.Answered))
                gateway.Sessions.Outage = Away;
            return Task.CompletedTask;
        };

        var end = new Gate();
        gateway.Llm.When("first", async call =>
        {
            await call.SayAsync("Echo: first");
            await end.PassAsync(call.Cancelled);
        });

        await chat.SayAsync("first");
        await Eventually.TrueAsync(() => gateway.Sessions.Turns is [{ ReplyMessageIds.Count: > 0 }]);
        end.Open();
        await chat.ReadsAsync($"Echo: first\n\n{UserTexts.StoreAway}");
        await chat.SayAsync("second");
        gateway.Sessions.Before = null;
        gateway.Sessions.Outage = null;

        await chat.ReadsAsync("Echo: second");
        Assert.Equal(["Echo: first", "Echo: second"], await chat.BotTextsAsync());
    }

    [Fact]
    public async Task The_line_about_what_is_waited_for_is_gone_before_the_turn_is_settled()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await gateway.ChatAsync();
        gateway.Llm.When("say nothing", _ => Task.CompletedTask);
        IReadOnlyList<string> shown = [];
        gateway.Sessions.Before = async method =>
        {
            if (method != "FailTurn")
                return;
            if (shown.Count == 0)
                gateway.Sessions.Outage = Away;
            shown = await chat.BotTextsAsync();
        };

        await chat.SayAsync("say nothing");
        await chat.ReadsAsync($"{UserTexts.EmptyAnswer}\n\n{UserTexts.StoreAway}");
        gateway.Sessions.Outage = null;

        await Eventually.TrueAsync(() => gateway.Sessions.Turns is [{ State: TurnState.Failed }]);
        Assert.Equal([UserTexts.EmptyAnswer], shown);
    }

    [Fact]
    public async Task A_full_disk_is_named()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await gateway.ChatAsync();

        gateway.Sessions.Outage = new Status(StatusCode.ResourceExhausted, "The disk is full.");
        await chat.SayAsync("store this");
        var notice = await chat.ReadsAsync(UserTexts.WaitingForRoom);
        gateway.Sessions.Outage = null;

        Assert.Equal(notice.MessageId, (await chat.ReadsAsync("Echo: store this")).MessageId);
    }

    [Fact]
    public async Task A_webhook_delivery_that_cannot_be_stored_is_refused_and_answered_when_it_is_repeated()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(
            ("channels:telegram:webhookUrl", "http://127.0.0.1:9/telegram/updates"), ("channels:telegram:webhookSecret", "secret"));
        await Eventually.TrueAsync(() => gateway.Logs.All.Any(record => record.Text.Contains("delivers updates to the webhook", StringComparison.Ordinal)));
        using var http = gateway.Client();
        var chat = await gateway.ChatAsync();

        gateway.Sessions.Outage = Away;
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await DeliverAsync(http, chat.Id));
        var notice = await chat.ReadsAsync(UserTexts.WaitingForStorage);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, await DeliverAsync(http, chat.Id));
        gateway.Sessions.Outage = null;

        Assert.Equal(HttpStatusCode.OK, await DeliverAsync(http, chat.Id));
        Assert.Equal(notice.MessageId, (await chat.ReadsAsync("Echo: by webhook")).MessageId);
        Assert.Single(await chat.BotTextsAsync());
    }

    /// <summary>What an earlier process of the gateway said, and nobody recorded.</summary>
    private static async Task SayAsBotAsync(GatewayUnderTest gateway, EmulatedChat chat, string text)
    {
        using var http = new HttpClient();
        using var content = new FormUrlEncodedContent([new("chat_id", $"{chat.Id}"), new("text", text)]);
        using var response = await http.PostAsync(new Uri(gateway.Telegram.BaseAddress, $"/bot{gateway.Telegram.Token}/sendMessage"), content, Cancel);
        response.EnsureSuccessStatusCode();
    }

    private static async Task<HttpStatusCode> DeliverAsync(HttpClient http, long chatId)
    {
        var update = $$$"""{"update_id":77,"message":{"message_id":5,"date":{{{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}}},"chat":{"id":{{{chatId}}},"type":"private"},"from":{"id":{{{chatId}}},"is_bot":false,"first_name":"Ann"},"text":"by webhook"}}""";
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/telegram/updates", UriKind.Relative))
        {
            Content = new StringContent(update, Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("X-Telegram-Bot-Api-Secret-Token", "secret");
        using var response = await http.SendAsync(request, Cancel);
        return response.StatusCode;
    }
}
