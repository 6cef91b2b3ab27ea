using System.Diagnostics;
using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;
using Clawdex.TelegramEmulator.Control;

namespace Clawdex.Gateway.Tests.Turns;

/// <summary>What breaks an answer off: the user, a chat that goes away, a shutdown (cases 16, 17, 36, 37).</summary>
public sealed class StopTests(SharedGateway shared)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Stop_reaches_the_model_at_once_and_keeps_what_was_said()
    {
        shared.Llm.When("talk for ever", async call =>
        {
            await call.SayAsync("Part of it");
            await call.HangAsync();
        });
        var chat = await shared.Gateway.ChatAsync();
        await chat.SayAsync("talk for ever");
        await chat.ReadsAsync("Part of it");

        var said = Stopwatch.GetTimestamp();
        await chat.SayAsync("/stop");
        await shared.Llm.CallsFor("talk for ever")[0].WasCancelled.WaitAsync(GatewayUnderTest.Soon, Cancel);
        var elapsed = Stopwatch.GetElapsedTime(said);

        await chat.ReadsAsync("Part of it\n\n⏹ Stopped.");
        Assert.Equal(["Part of it\n\n⏹ Stopped."], await chat.BotTextsAsync());
        await SettledAsync(shared.Sessions, chat, TurnState.Cancelled);
        Assert.Equal(["user: talk for ever", "assistant: Part of it"], shared.Sessions.HistoryOf($"telegram:{chat.Id}"));
        TestContext.Current.TestOutputHelper?.WriteLine($"/stop reached the model after {elapsed.TotalMilliseconds:F0} ms");
    }

    [Fact]
    public async Task Stop_is_said_again_until_it_reaches_the_service_that_has_the_answer()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        gateway.Llm.ServicesWithoutTheAnswer = 2;
        gateway.Llm.When("talk for ever", async call =>
        {
            await call.SayAsync("Part of it");
            await call.HangAsync();
        });
        var chat = await gateway.ChatAsync();
        await chat.SayAsync("talk for ever");
        await chat.ReadsAsync("Part of it");

        await chat.SayAsync("/stop");

        await chat.ReadsAsync("Part of it\n\n⏹ Stopped.");
        Assert.Equal(3, gateway.Llm.Stops.Count);
        Assert.Single(gateway.Llm.Stops.Distinct());
    }

    [Fact]
    public async Task Stop_before_the_first_word_says_so()
    {
        shared.Llm.When("think for ever", call => call.HangAsync());
        var chat = await shared.Gateway.ChatAsync();
        await chat.SayAsync("think for ever");
        await Eventually.TrueAsync(() => shared.Llm.CallsFor("think for ever").Count == 1);

        await chat.SayAsync("/stop");

        await chat.ReadsAsync("⏹ Stopped before the first word.");
        await SettledAsync(shared.Sessions, chat, TurnState.Cancelled);
    }

    [Fact]
    public async Task Stop_without_an_answer_says_that_there_is_nothing_to_stop()
    {
        var chat = await shared.Gateway.ChatAsync();

        await chat.SayAsync("/stop");

        await chat.ReadsAsync("There is nothing to stop: I am not answering anything right now.");
    }

    [Fact]
    public async Task Stop_ends_only_the_running_answer_and_what_waits_is_answered()
    {
        shared.Llm.When("first of two", call => call.HangAsync());
        var chat = await shared.Gateway.ChatAsync();
        await chat.SayAsync("first of two");
        await chat.SayAsync("second of two");
        await Eventually.TrueAsync(() => shared.Llm.CallsFor("first of two").Count == 1);

        await chat.SayAsync("/stop");

        await chat.ReadsAsync("Echo: second of two");
    }

    [Fact]
    public async Task Stop_reaches_an_answer_that_waits_for_others_and_a_shutdown_leaves_it_for_the_next_start()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(("agent:limits:answersAtOnce", "1"));
        gateway.Llm.When("keep the place", call => call.HangAsync());
        var (busy, stopped, waiting) = (await gateway.ChatAsync(), await gateway.ChatAsync(), await gateway.ChatAsync());
        await busy.SayAsync("keep the place");
        await Eventually.TrueAsync(() => gateway.Llm.CallsFor("keep the place").Count == 1);
        await stopped.SayAsync("never mind");
        await waiting.SayAsync("I have time");
        await Eventually.TrueAsync(() => gateway.Sessions.Turns.Count == 3);

        await stopped.SayAsync("/stop");
        await stopped.ReadsAsync("⏹ Stopped before the first word.");
        await SettledAsync(gateway.Sessions, stopped, TurnState.Cancelled);
        await gateway.StopGatewayAsync();
        Assert.Empty(await waiting.BotTextsAsync());
        gateway.Llm.When("keep the place", "Done.");
        await gateway.StartGatewayAsync();

        await waiting.ReadsAsync("Echo: I have time");
        Assert.Empty(gateway.Llm.CallsFor("never mind"));
        Assert.Equal(0, gateway.Sessions.UsedBy(stopped.Id));
    }

    [Fact]
    public async Task Status_answers_while_an_answer_runs()
    {
        shared.Llm.When("keep busy", call => call.HangAsync());
        var chat = await shared.Gateway.ChatAsync();
        await chat.SayAsync("keep busy");

        await chat.SayAsync("/status");

        await chat.ReadsAsync(message => message.Text.Contains("Messages: 1", StringComparison.Ordinal));
        await chat.SayAsync("/stop");
        await chat.ReadsAsync("⏹ Stopped before the first word.");
    }

    [Fact]
    public async Task A_full_queue_refuses_honestly_and_the_queued_messages_are_answered_in_order()
    {
        var gate = new Gate();
        shared.Llm.When("hold the queue", async call =>
        {
            await gate.PassAsync(call.Cancelled);
            await call.SayAsync("done");
        });
        var chat = await shared.Gateway.ChatAsync();
        await chat.SayAsync("hold the queue");
        await Eventually.TrueAsync(() => shared.Llm.CallsFor("hold the queue").Count == 1);
        for (var i = 1; i <= 17; i++)
            await chat.SayAsync($"queued {i}");

        await chat.ReadsAsync(message => message.Text.StartsWith("I am still working on 17 earlier messages", StringComparison.Ordinal));
        gate.Open();
        await chat.ReadsAsync("Echo: queued 16");

        var answers = (await chat.BotTextsAsync()).Where(text => text.StartsWith("Echo", StringComparison.Ordinal));
        Assert.Equal(Enumerable.Range(1, 16).Select(i => $"Echo: queued {i}"), answers);
    }

    [Theory]
    [InlineData(BotAccess.Blocked)]
    [InlineData(BotAccess.Deactivated)]
    public async Task A_chat_that_goes_away_ends_the_answer_quietly(BotAccess access)
    {
        var question = $"go away {access}";
        var gate = new Gate();
        shared.Llm.When(question, async call =>
        {
            await call.SayAsync("Before ");
            await gate.PassAsync(call.Cancelled);
            await call.SayAsync("after");
            await call.HangAsync();
        });
        var chat = await shared.Gateway.ChatAsync();
        await chat.SayAsync(question);
        await chat.ReadsAsync("Before");

        await chat.SetAccessAsync(access, Cancel);
        gate.Open();

        await shared.Llm.CallsFor(question)[0].WasCancelled.WaitAsync(GatewayUnderTest.Soon, Cancel);
        await SettledAsync(shared.Sessions, chat, TurnState.Interrupted);
        var turn = shared.Sessions.TurnsOf(chat.Id)[0];
        Assert.Equal("chat-gone", shared.Sessions.ErrorOf(turn.TurnId));
        Assert.InRange((await chat.TimelineAsync()).Count(entry => !entry.Ok), 0, 1);
    }

    [Fact]
    public async Task A_bot_that_is_thrown_out_of_a_group_stops_answering_there()
    {
        shared.Llm.When("throw me out", call => call.HangAsync());
        var group = await shared.Telegram.CreateGroupAsync("Strict", Cancel);
        await group.SayAsync("@clawdex_bot throw me out");
        await Eventually.TrueAsync(() => shared.Llm.CallsFor("throw me out").Count == 1);

        await group.SetAccessAsync(BotAccess.Kicked, Cancel);

        await shared.Llm.CallsFor("throw me out")[0].WasCancelled.WaitAsync(GatewayUnderTest.Soon, Cancel);
        await SettledAsync(shared.Sessions, group, TurnState.Interrupted);
    }

    private static Task SettledAsync(SessionsUnderTest sessions, EmulatedChat chat, TurnState state) =>
        Eventually.TrueAsync(() => sessions.TurnsOf(chat.Id) is [var turn, ..] && turn.State == state);
}
