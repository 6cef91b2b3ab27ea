using System.Diagnostics;
using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;
using Clawdex.TelegramEmulator.Control;
using Grpc.Core;

namespace Clawdex.Gateway.Tests.Turns;

/// <summary>A shutdown parks or finishes what runs, and a start settles what was left open, in the message that the user sees.</summary>
public sealed class RestartTests
{
    [Fact]
    public async Task A_shutdown_lets_a_short_answer_finish()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        gateway.Llm.When("almost done", async call =>
        {
            await call.SayAsync("Almost ");
            await Task.Delay(300, call.Cancelled);
            await call.SayAsync("done.");
        });
        var chat = await gateway.ChatAsync();
        await chat.SayAsync("almost done");
        await chat.ReadsAsync("Almost");

        await gateway.StopGatewayAsync();

        Assert.Equal(["Almost done."], await chat.BotTextsAsync());
        Assert.Equal(TurnState.Delivered, gateway.Sessions.Turns[0].State);
    }

    [Fact]
    public async Task A_shutdown_parks_a_long_answer_with_a_mark_and_the_next_start_finishes_it_in_the_same_message()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var restarted = false;
        gateway.Llm.When("go on for long", async call =>
        {
            await call.SayAsync("Half of it, ");
            if (!Volatile.Read(ref restarted))
                await call.HangAsync();
            await call.SayAsync("and the rest.");
        });
        var chat = await gateway.ChatAsync();
        await chat.SayAsync("go on for long");
        var first = await chat.ReadsAsync("Half of it,");
        await chat.SayAsync("I wait");
        await Eventually.TrueAsync(() => gateway.Sessions.Turns.Count == 2);

        var stopping = Stopwatch.GetTimestamp();
        await gateway.StopGatewayAsync();
        Assert.InRange(Stopwatch.GetElapsedTime(stopping).TotalSeconds, 4.5, 9);
        Assert.Equal(["Half of it,\n\n⏸ I am being restarted and will finish this answer right after."], await chat.BotTextsAsync());
        Assert.Equal([TurnState.Streaming, TurnState.Accepted], gateway.Sessions.Turns.Select(turn => turn.State));
        // Four tokens of message, seven of system prompt, and what the answer might have cost. What waits has its reservation.
        var brokenOff = 4 + 7 + gateway.Llm.Calls[0].Request.MaxOutputTokens;
        Assert.Equal(brokenOff + (4 + 2 + 7 + 8192), gateway.Sessions.UsedBy(chat.Id));

        Volatile.Write(ref restarted, true);
        await gateway.StartGatewayAsync();
        var finished = await chat.ReadsAsync("Half of it, and the rest.");
        await chat.ReadsAsync("Echo: I wait");

        Assert.Equal(first.MessageId, finished.MessageId);
        Assert.Equal(["Half of it, and the rest.", "Echo: I wait"], await chat.BotTextsAsync());
        await Eventually.TrueAsync(() => gateway.Sessions.Turns.All(turn => turn.State is TurnState.Delivered));
        Assert.Equal(brokenOff + 12 + 12, gateway.Sessions.UsedBy(chat.Id));
    }

    [Fact]
    public async Task An_answer_that_was_stored_but_not_shown_is_delivered_without_asking_the_model()
    {
        await using var gateway = await GatewayUnderTest.PrepareAsync(null);
        var chat = await gateway.ChatAsync();
        gateway.Sessions.Answer(Leave(gateway, chat, "asked before the crash", TurnState.Streaming), "The stored answer.");

        await gateway.StartGatewayAsync();

        await chat.ReadsAsync("The stored answer.");
        await Eventually.TrueAsync(() => gateway.Sessions.Turns[0].State is TurnState.Delivered);
        Assert.Empty(gateway.Llm.Calls);
    }

    [Fact]
    public async Task A_turn_that_was_never_started_is_answered()
    {
        await using var gateway = await GatewayUnderTest.PrepareAsync(null);
        var chat = await gateway.ChatAsync();
        Leave(gateway, chat, "never started", TurnState.Accepted);

        await gateway.StartGatewayAsync();

        await chat.ReadsAsync("Echo: never started");
    }

    [Fact]
    public async Task A_turn_that_is_too_old_gets_one_honest_line()
    {
        await using var gateway = await GatewayUnderTest.PrepareAsync(null);
        var chat = await gateway.ChatAsync();
        Leave(gateway, chat, "long ago", TurnState.Accepted, TimeSpan.FromHours(2));

        await gateway.StartGatewayAsync();

        await chat.ReadsAsync("⚠️ I was interrupted before I could finish this answer. Please send your message again.");
        await Eventually.TrueAsync(() => gateway.Sessions.Turns[0].State is TurnState.Interrupted);
        Assert.Empty(gateway.Llm.Calls);
        Assert.Single(await chat.BotTextsAsync());
    }

    [Fact]
    public async Task Each_topic_of_a_forum_finds_its_own_message_whose_number_was_not_recorded()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var cancel = TestContext.Current.CancellationToken;
        var forum = await gateway.Telegram.Control.CreateForumAsync("Forum", ["Alpha", "Beta", "Gamma"], cancel);
        foreach (var topic in forum.Topics)
        {
            gateway.Llm.When($"in {topic.Name}", async call =>
            {
                await call.SayAsync($"{topic.Name}, half");
                await call.HangAsync();
            });
            await forum.SendAsync(new UserMessage { Text = $"@clawdex_bot in {topic.Name}", ThreadId = topic.Id }, cancel);
            await forum.ReadsAsync($"{topic.Name}, half");
        }

        await Eventually.TrueAsync(() => gateway.Sessions.Turns.All(turn => turn.ReplyMessageIds.Count == 1));
        await gateway.KillGatewayAsync();
        gateway.Sessions.ForgetMessages();
        foreach (var topic in forum.Topics)
            gateway.Llm.When($"in {topic.Name}", $"{topic.Name}, whole");
        await gateway.StartGatewayAsync();

        await Eventually.TrueAsync(() => gateway.Sessions.Turns.All(turn => turn.State is TurnState.Delivered));
        Assert.Equal(["Alpha, whole", "Beta, whole", "Gamma, whole"], await forum.BotTextsAsync());
    }

    [Fact]
    public async Task More_open_turns_than_fit_one_page_are_all_recovered()
    {
        await using var gateway = await GatewayUnderTest.PrepareAsync(null);
        var chat = await gateway.ChatAsync();
        for (var i = 0; i < 130; i++)
            Leave(gateway, chat, $"open {i}", TurnState.Accepted);

        await gateway.StartGatewayAsync();

        await Eventually.TrueAsync(() => gateway.Sessions.Turns.All(turn => turn.State is TurnState.Delivered));
        Assert.Equal(130, gateway.Llm.Calls.Count);
    }

    [Fact]
    public async Task The_line_of_a_turn_that_is_too_old_takes_the_place_of_what_the_user_sees_and_nothing_stays_beside_it()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var (chat, messages) = await TwoMessagesAsync(gateway);
        Leave(gateway, chat, "long ago", TimeSpan.FromMinutes(31), messages);

        await gateway.StartGatewayAsync();
        await Eventually.TrueAsync(() => gateway.Sessions.Turns[^1].State is TurnState.Interrupted);

        Assert.Equal(["⚠️ I was interrupted before I could finish this answer. Please send your message again."], await chat.BotTextsAsync());
        Assert.Equal(messages[0], (await chat.GetMessagesAsync(TestContext.Current.CancellationToken)).Single(message => message.From.IsBot).MessageId);
    }

    [Fact]
    public async Task A_notice_whose_number_was_not_stored_yet_is_not_taken_for_the_next_answer()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        gateway.Llm.When("say nothing", _ => Task.CompletedTask);
        var restarted = false;
        gateway.Llm.When("and then?", async call =>
        {
            if (!Volatile.Read(ref restarted))
                await call.HangAsync();
            await call.SayAsync("Then this.");
        });
        var calls = 0;
        gateway.Sessions.Before = method =>
        {
            if (method != "UpdateDelivery" || Volatile.Read(ref restarted))
                return Task.CompletedTask;
            // The first one says that something is about to be sent.
            if (Interlocked.Increment(ref calls) == 1)
                return Task.CompletedTask;
            throw new RpcException(new Status(StatusCode.Unavailable, "away"));
        };
        var chat = await gateway.ChatAsync();
        await chat.SayAsync("say nothing");
        await chat.SayAsync("and then?");
        await chat.ReadsAsync(UserTexts.EmptyAnswer);
        // By now, what does not wait for the number is stored.
        await Eventually.TrueAsync(() => Volatile.Read(ref calls) >= 4);

        await gateway.KillGatewayAsync();
        Volatile.Write(ref restarted, true);
        await gateway.StartGatewayAsync();

        await chat.ReadsAsync("Then this.");
        await Eventually.TrueAsync(() => gateway.Sessions.Turns[1].State is TurnState.Delivered);
        Assert.Equal([UserTexts.EmptyAnswer, "Then this."], await chat.BotTextsAsync());
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public async Task An_answer_of_which_the_user_deleted_a_message_is_completed_in_order(int deleted)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var paragraphs = Enumerable.Range(1, 3).Select(i => string.Join(' ', Enumerable.Repeat($"word{i}", 560))).ToArray();
        gateway.Llm.When("several", string.Join("\n\n", paragraphs));
        var (chat, messages) = await TwoMessagesAsync(gateway);
        Leave(gateway, chat, "several", TimeSpan.Zero, messages);
        await chat.DeleteAsync(messages[deleted], TestContext.Current.CancellationToken);

        await gateway.StartGatewayAsync();
        await Eventually.TrueAsync(() => gateway.Sessions.Turns[^1].State is TurnState.Delivered);

        Assert.Equal(paragraphs, await chat.BotTextsAsync());
    }

    /// <summary>Two messages of the bot, as a gateway left them that ended in the middle.</summary>
    private static async Task<(EmulatedChat Chat, int[] Messages)> TwoMessagesAsync(GatewayUnderTest gateway)
    {
        var chat = await gateway.ChatAsync();
        foreach (var text in new[] { "part one", "part two" })
        {
            await chat.SayAsync(text);
            await chat.ReadsAsync($"Echo: {text}");
        }

        await Eventually.TrueAsync(() => gateway.Sessions.Turns.All(turn => turn.State is TurnState.Delivered));
        await gateway.StopGatewayAsync();
        return (chat, [.. gateway.Sessions.Turns.SelectMany(turn => turn.ReplyMessageIds).Select(id => (int)id)]);
    }

    private static void Leave(GatewayUnderTest gateway, EmulatedChat chat, string text, TimeSpan age, int[] messages) =>
        gateway.Sessions.Leave($"telegram:{chat.Id}", text, TurnState.Streaming, TimeProvider.System.GetUtcNow() - age, messages);

    private static long Leave(GatewayUnderTest gateway, EmulatedChat chat, string text, TurnState state, TimeSpan age = default) =>
        gateway.Sessions.Leave($"telegram:{chat.Id}", text, state, TimeProvider.System.GetUtcNow() - age);
}
