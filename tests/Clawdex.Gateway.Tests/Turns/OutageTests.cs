using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;
using Clawdex.TelegramEmulator.Faults;
using Clawdex.Testing;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;

namespace Clawdex.Gateway.Tests.Turns;

/// <summary>One of the two services behind the gateway goes away in the middle of a reply, and comes back, or does not.</summary>
public sealed class OutageTests
{
    private const string ModelAway = "⏳ I have lost the connection to the model service and am waiting for it to come back…";
    private const string StoreAway = "⏳ I cannot reach the conversation store right now and am waiting for it to come back…";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task When_the_llm_service_dies_in_the_middle_the_user_is_told_once_and_the_answer_is_begun_anew_in_the_same_message()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var gate = Break(gateway, "outlive the model");
        var chat = await gateway.ChatAsync();

        await chat.SayAsync("outlive the model");
        await chat.ReadsAsync("Half an");
        gate.Open();
        var told = await chat.ReadsAsync($"Half an\n\n{ModelAway}");
        gateway.Llm.When("outlive the model", "Another answer, complete.");
        gateway.Llm.IsGone = false;
        var answer = await chat.ReadsAsync("Another answer, complete.");
        await Eventually.TrueAsync(() => gateway.Sessions.Turns[0].State is TurnState.Delivered);

        Assert.Equal(told.MessageId, answer.MessageId);
        Assert.Equal(["Another answer, complete."], await chat.BotTextsAsync());
        Assert.Equal(["user: outlive the model", "assistant: Another answer, complete."], gateway.Sessions.HistoryOf($"telegram:{chat.Id}"));
        Assert.Single(await chat.TimelineAsync(), entry => entry.Message?.Text.Contains(ModelAway, StringComparison.Ordinal) is true);
    }

    [Fact]
    public async Task An_edit_whose_answer_is_lost_is_repeated_even_to_the_text_that_was_there_before()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var (broken, shown) = (new Gate(), new Gate());
        gateway.Llm.When("say it again", async call =>
        {
            await call.SayAsync("Half an answer.");
            await broken.PassAsync(call.Cancelled);
            call.Break();
        });
        var chat = await gateway.ChatAsync();
        await chat.SayAsync("say it again");
        await chat.ReadsAsync("Half an answer.");

        gateway.Llm.When("say it again", async call =>
        {
            await call.SayAsync("Half");
            await shown.PassAsync(call.Cancelled);
            await call.SayAsync(" an answer.");
        });
        await gateway.Telegram.Control.AddFaultAsync(
            new Fault(FaultKind.DropAfter) { Method = "editMessageText", ChatId = chat.Id }, TestContext.Current.CancellationToken);
        broken.Open();
        await chat.ReadsAsync("Half");
        shown.Open();

        await Eventually.TrueAsync(() => gateway.Sessions.Turns[0].State is TurnState.Delivered);
        Assert.Equal(["Half an answer."], await chat.BotTextsAsync());
    }

    [Fact]
    public async Task A_proxy_that_takes_the_call_for_an_llm_service_that_is_gone_is_no_answer()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await gateway.ChatAsync();

        gateway.Llm.IsSilent = true;
        await chat.SayAsync("is there anybody?");
        var told = await chat.ReadsAsync(ModelAway);
        gateway.Llm.IsSilent = false;

        Assert.Equal(told.MessageId, (await chat.ReadsAsync("Echo: is there anybody?")).MessageId);
        Assert.Equal(["Echo: is there anybody?"], await chat.BotTextsAsync());
    }

    [Fact]
    public async Task An_llm_service_that_only_restarts_is_waited_for_without_a_word()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        gateway.Llm.When("blink", async call =>
        {
            await call.SayAsync("All ");
            if (gateway.Llm.Calls.Count == 1)
            {
                await Task.Delay(100, call.Cancelled);
                call.Break();
            }

            await call.SayAsync("of it.");
        });
        var chat = await gateway.ChatAsync();

        await chat.SayAsync("blink");
        await chat.ReadsAsync("All of it.");

        Assert.DoesNotContain(await chat.TimelineAsync(), entry => entry.Message?.Text.Contains('⏳') is true);
    }

    [Fact]
    public async Task An_llm_service_that_stays_away_is_given_up_after_a_while_and_the_text_is_kept()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var gateway = await GatewayUnderTest.PrepareAsync(time);
        await gateway.StartGatewayAsync();
        var gate = Break(gateway, "never again");
        var chat = await gateway.ChatAsync();

        await chat.SayAsync("never again");
        await chat.ReadsAsync("Half an");
        gate.Open();
        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(300));
            return gateway.Sessions.Turns is [{ State: TurnState.Interrupted }];
        });

        var shown = Assert.Single(await chat.GetMessagesAsync(Cancel), message => message.From.IsBot);
        Assert.StartsWith("Half an\n\n⚠️ I cannot reach the language model service right now.", shown.Text, StringComparison.Ordinal);
        Assert.Equal("▶️ Continue", Assert.Single(Assert.Single(shown.Keyboard ?? [])).Text);
        Assert.Equal(["user: never again", "assistant: Half an"], gateway.Sessions.HistoryOf($"telegram:{chat.Id}"));
    }

    [Fact]
    public async Task Stop_ends_the_wait_for_the_llm_service_and_keeps_the_text()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var gate = Break(gateway, "stop waiting");
        var chat = await gateway.ChatAsync();
        await chat.SayAsync("stop waiting");
        await chat.ReadsAsync("Half an");
        gate.Open();
        await chat.ReadsAsync($"Half an\n\n{ModelAway}");

        await chat.SayAsync("/stop");

        await chat.ReadsAsync("Half an\n\n⏹ Stopped.");
        await Eventually.TrueAsync(() => gateway.Sessions.Turns is [{ State: TurnState.Cancelled, AnswerText: "Half an" }]);
    }

    [Fact]
    public async Task While_the_session_service_is_away_the_stream_goes_on_and_a_line_says_what_is_waited_for()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var gate = new Gate();
        gateway.Llm.When("outlive the store", async call =>
        {
            await call.SayAsync("One ");
            await gate.PassAsync(call.Cancelled);
            await call.SayAsync("two ");
            await gate.PassAsync(call.Cancelled);
            await call.SayAsync("three.");
        });
        var chat = await gateway.ChatAsync();
        await chat.SayAsync("outlive the store");
        await chat.ReadsAsync("One");

        gateway.Sessions.Outage = new Status(StatusCode.Unavailable, "away");
        gate.Open();
        await chat.ReadsAsync("One two");
        gate.Open();
        await chat.ReadsAsync("One two three.");
        await chat.ReadsAsync($"One two three.\n\n{StoreAway}");
        gateway.Sessions.Outage = null;
        await Eventually.TrueAsync(() => gateway.Sessions.Turns is [{ State: TurnState.Delivered }]);

        Assert.Equal(["One two three."], await chat.BotTextsAsync());
        Assert.Equal(["user: outlive the store", "assistant: One two three."], gateway.Sessions.HistoryOf($"telegram:{chat.Id}"));
    }

    [Fact]
    public async Task A_second_message_waits_until_the_first_ones_number_is_stored()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var paragraphs = Enumerable.Range(1, 2).Select(i => string.Join(' ', Enumerable.Repeat($"word{i}", 560))).ToArray();
        gateway.Llm.When("two messages", async call =>
        {
            // The store has heard that the first one comes.
            await Eventually.TrueAsync(() => gateway.Sessions.Turns is [{ State: TurnState.Streaming }]);
            gateway.Sessions.Outage = new Status(StatusCode.Unavailable, "away");
            await call.SayAsync(paragraphs[0] + "\n\n");
            await call.SayAsync(paragraphs[1]);
        });
        var chat = await gateway.ChatAsync();
        await chat.SayAsync("two messages");
        await chat.ReadsAsync(paragraphs[0]);
        await Eventually.TrueAsync(() => gateway.Logs.GetSnapshot().Any(record => record.Says("session service does not answer")));
        Assert.Single(await chat.BotTextsAsync());

        gateway.Sessions.Outage = null;
        await chat.ReadsAsync(paragraphs[1]);
        await Eventually.TrueAsync(() => gateway.Sessions.Turns is [{ State: TurnState.Delivered, ReplyMessageIds.Count: 2 }]);

        Assert.Equal(paragraphs, await chat.BotTextsAsync());
    }

    /// <summary>The model says half an answer, and dies when the gate opens.</summary>
    private static Gate Break(GatewayUnderTest gateway, string question)
    {
        var gate = new Gate();
        gateway.Llm.When(question, async call =>
        {
            await call.SayAsync("Half an");
            await gate.PassAsync(call.Cancelled);
            gateway.Llm.IsGone = true;
            call.Break();
        });
        return gate;
    }
}
