using System.Net;
using System.Text;
using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;
using Clawdex.TelegramEmulator.Control;
using Clawdex.Testing;
using Grpc.Core;

namespace Clawdex.Gateway.Tests.Updates;

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
    public async Task After_a_kill_in_an_outage_the_notice_stays_and_the_answer_stands_below_it_without_a_search()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await gateway.ChatAsync();

        gateway.Sessions.Outage = Away;
        await chat.SayAsync("who answers?");
        await chat.ReadsAsync(UserTexts.WaitingForStorage);
        await gateway.KillGatewayAsync();
        gateway.Sessions.Outage = null;
        await gateway.StartGatewayAsync();

        await chat.ReadsAsync("Echo: who answers?");
        Assert.Equal([UserTexts.WaitingForStorage, "Echo: who answers?"], await chat.BotTextsAsync());
        Assert.DoesNotContain("editMessageReplyMarkup", gateway.Network.CallsOf(chat.Id));
    }

    [Fact]
    public async Task A_message_that_the_store_is_slow_to_take_is_stored_by_the_one_call_and_its_chat_is_told_meanwhile()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await gateway.ChatAsync();
        var (slow, calls) = (new Gate(), 0);
        gateway.Sessions.Before = async method =>
        {
            if (method == "AcceptMessage" && Interlocked.Increment(ref calls) == 1)
                await slow.PassAsync(Cancel);
        };

        await chat.SayAsync("slowly");
        var notice = await chat.ReadsAsync(UserTexts.WaitingForStorage);
        slow.Open();

        Assert.Equal(notice.MessageId, (await chat.ReadsAsync("Echo: slowly")).MessageId);
        Assert.Equal(1, calls);
        Assert.Equal(["Echo: slowly"], await chat.BotTextsAsync());
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
        // Beside the model's call the store is told that a message comes: an outage that is sooner holds that message back.
        await Eventually.TrueAsync(() => gateway.Sessions.Turns is [{ State: TurnState.Streaming }]);
        gateway.Sessions.Outage = Away;
        await chat.SayAsync("later");
        await other.SayAsync("and here?");
        // WithStatusLine at the same time, if both were.
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

    [Theory]
    [InlineData("answer", "UpdateDelivery", nameof(TurnState.Delivered))]
    [InlineData("say nothing", "FailTurn", nameof(TurnState.Failed))]
    public async Task A_turn_that_the_store_is_slow_to_settle_is_settled_by_the_one_call_below_one_line(string question, string settle, string end)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await gateway.ChatAsync();
        gateway.Llm.When("say nothing", _ => Task.CompletedTask);
        var (slow, calls) = (new Gate(), 0);
        var isSlow = true;
        gateway.Sessions.Before = async method =>
        {
            if (method != settle || (method == "UpdateDelivery" && !gateway.Sessions.Turns.Any(turn => turn.State is TurnState.Answered)))
                return;
            Interlocked.Increment(ref calls);
            if (Volatile.Read(ref isSlow))
                await slow.PassAsync(Cancel);
        };
        await chat.SayAsync(question);
        var shown = await chat.ReadsAsync(message => message.Text.EndsWith(UserTexts.StoreAway, StringComparison.Ordinal));
        Assert.Equal(1, calls);
        await chat.SayAsync("next");
        Volatile.Write(ref isSlow, false);
        slow.Open();

        await chat.ReadsAsync("Echo: next");
        await Eventually.TrueAsync(() => gateway.Sessions.Turns is [{ State: var state }, { State: TurnState.Delivered }] && $"{state}" == end);
        Assert.Equal(shown.Text.Replace($"\n\n{UserTexts.StoreAway}", "", StringComparison.Ordinal), (await chat.BotTextsAsync())[0]);
        Assert.Single(await chat.TimelineAsync(), entry => $"{entry}".Contains(UserTexts.StoreAway, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_store_that_is_slow_in_each_call_of_a_turn_gets_one_line()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var (chat, later) = (await gateway.ChatAsync(), await gateway.ChatAsync());
        var (calls, slow) = (0, new[] { new Gate(), new Gate(), new Gate() });
        gateway.Sessions.Before = method =>
        {
            var isSlow = method == "CompleteTurn" || (method == "UpdateDelivery" && gateway.Sessions.Turns is [{ State: TurnState.Answered }]);
            return isSlow && Interlocked.Increment(ref calls) is <= 3 and var call ? slow[call - 1].PassAsync(Cancel) : Task.CompletedTask;
        };

        await chat.SayAsync("hello");
        await chat.ReadsAsync($"Echo: hello\n\n{UserTexts.StoreAway}");
        slow[0].Open();
        await chat.ReadsAsync("Echo: hello");
        await Eventually.TrueAsync(() => Volatile.Read(ref calls) == 2);
        // Whoever waits later is told: so the first chat has waited long enough for a second line.
        await later.SayAsync("and here?");
        await later.ReadsAsync($"Echo: and here?\n\n{UserTexts.StoreAway}");
        slow[1].Open();
        slow[2].Open();
        await Eventually.TrueAsync(() => gateway.Sessions.Turns.All(turn => turn.State is TurnState.Delivered));

        Assert.Single(await chat.TimelineAsync(), entry => $"{entry}".Contains(UserTexts.StoreAway, StringComparison.Ordinal));
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
            ("channels:telegram:webhookUrl", "http://127.0.0.1:9/telegram/updates"), ("channels:telegram:webhookSecret", "the-webhook_secret"));
        await Eventually.TrueAsync(() => gateway.Logs.GetSnapshot().Any(record => record.Says("delivers updates to the webhook")));
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

    private static async Task<HttpStatusCode> DeliverAsync(HttpClient http, long chatId)
    {
        var update = $$$"""{"update_id":77,"message":{"message_id":5,"date":{{{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}}},"chat":{"id":{{{chatId}}},"type":"private"},"from":{"id":{{{chatId}}},"is_bot":false,"first_name":"Ann"},"text":"by webhook"}}""";
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/telegram/updates", UriKind.Relative))
        {
            Content = new StringContent(update, Encoding.UTF8, "application/json"),
        };
        request.Headers.Add("X-Telegram-Bot-Api-Secret-Token", "the-webhook_secret");
        using var response = await http.SendAsync(request, Cancel);
        return response.StatusCode;
    }
}
