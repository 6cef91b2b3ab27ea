using System.Diagnostics;
using Clawdex.Gateway.Tests.Running;
using Clawdex.Gateway.Turns;
using Clawdex.Llm.V1;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.Sessions.V1;
using Clawdex.TelegramEmulator.Control;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.Extensions.Time.Testing;
using ChatMessage = Clawdex.Llm.V1.ChatMessage;
using Role = Clawdex.Llm.V1.Role;

namespace Clawdex.Gateway.Tests.Turns;

/// <summary>
/// However often the gateway goes away in the middle of an answer, the provider is asked once, and the answer goes on where it
/// stood. The LLM service is the real one.
/// </summary>
public sealed class TakeUpTests
{
    private const int Restarts = 20;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_gateway_that_is_killed_twenty_times_in_mid_answer_pays_for_one()
    {
        await using var llm = await LlmHost.StartAsync();
        await using var gateway = await GatewayUnderTest.StartAsync(llm.Settings);
        var chat = await BeginAsync(gateway, llm);

        for (var i = 1; i <= Restarts; i++)
        {
            await gateway.KillGatewayAsync();
            llm.Provider.Release($"{i}");
            await gateway.StartGatewayAsync();
            await chat.ReadsAsync(Words(i));
        }

        await AssertPaidOnceAsync(gateway, llm, chat);
    }

    [Fact]
    public async Task A_gateway_that_is_restarted_in_order_twenty_times_in_mid_answer_pays_for_one()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var llm = await LlmHost.StartAsync();
        await using var gateway = await GatewayUnderTest.PrepareAsync(time, llm.Settings);
        await gateway.StartGatewayAsync();
        var chat = await BeginAsync(gateway, llm);

        for (var i = 1; i <= Restarts; i++)
        {
            await WhileTimePassesAsync(time, gateway.StopGatewayAsync());
            Assert.Equal([$"{Words(i - 1)}\n\n⏸ I am being restarted and will finish this answer right after."], await chat.BotTextsAsync());
            llm.Provider.Release($"{i}");
            await gateway.StartGatewayAsync();
            await WhileTimePassesAsync(time, chat.ReadsAsync(Words(i)));
        }

        await WhileTimePassesAsync(time, AssertPaidOnceAsync(gateway, llm, chat));
    }

    [Fact]
    public async Task A_connection_to_the_llm_service_that_breaks_costs_nothing_either()
    {
        await using var llm = await LlmHost.StartAsync();
        await using var gateway = await GatewayUnderTest.StartAsync(llm.Settings);
        var chat = await BeginAsync(gateway, llm);

        for (var i = 1; i <= 2; i++)
        {
            llm.BreakConnection();
            llm.Provider.Release($"{i}");
            await chat.ReadsAsync(Words(i));
        }

        for (var i = 3; i <= Restarts; i++)
            llm.Provider.Release($"{i}");
        await AssertPaidOnceAsync(gateway, llm, chat);
    }

    [Fact]
    public async Task An_answer_that_ended_before_the_gateway_could_store_it_is_not_paid_for_again()
    {
        await using var llm = await LlmHost.StartAsync();
        await using var gateway = await GatewayUnderTest.StartAsync(llm.Settings);
        var (asked, never) = (new Gate(), new Gate());
        gateway.Sessions.Before = async method =>
        {
            if (method != "CompleteTurn")
                return;
            asked.Open();
            await never.PassAsync(Cancel);
        };
        var chat = await BeginAsync(gateway, llm);
        for (var i = 1; i <= Restarts; i++)
            llm.Provider.Release($"{i}");
        llm.Provider.Release("end");
        await asked.PassAsync(Cancel);

        await gateway.KillGatewayAsync();
        gateway.Sessions.Before = null;
        await gateway.StartGatewayAsync();

        await AssertPaidOnceAsync(gateway, llm, chat);
    }

    [Theory]
    [InlineData("/stop")]
    [InlineData("/forget")]
    [InlineData("the user blocks the bot")]
    public async Task What_nobody_wants_any_more_ends_at_its_provider_at_once(string end)
    {
        await using var llm = await LlmHost.StartAsync();
        await using var gateway = await GatewayUnderTest.StartAsync(llm.Settings);
        var chat = await BeginAsync(gateway, llm);

        var said = Stopwatch.GetTimestamp();
        if (end.StartsWith('/'))
            await chat.SayAsync(end);
        else
            await chat.SetAccessAsync(BotAccess.Blocked, Cancel);
        llm.Provider.Release("1");
        var ended = await llm.Provider.Chats[0].Ended.WaitAsync(GatewayUnderTest.Soon, Cancel);

        Assert.False(ended.Completed);
        await Eventually.TrueAsync(() => gateway.Get<ChatQueues>().IsIdle(new Conversation(chat.Id)));
        TestContext.Current.TestOutputHelper?.WriteLine($"{end} reached the provider after {Stopwatch.GetElapsedTime(said, ended.Timestamp).TotalMilliseconds:F0} ms");
    }

    [Fact]
    public async Task An_answer_whose_question_is_edited_ends_at_its_provider_and_another_one_is_paid_for()
    {
        await using var llm = await LlmHost.StartAsync();
        await using var gateway = await GatewayUnderTest.StartAsync(llm.Settings);
        var chat = await BeginAsync(gateway, llm);
        llm.Provider.Script(LlmScript.Of(new ScriptStep.Text("To the edited question."), new ScriptStep.Finish()));
        var question = (await chat.GetMessagesAsync(Cancel)).Single(message => !message.From.IsBot);

        await chat.EditAsync(question.MessageId, new UserEdit("tell me more", IsHidden: false), Cancel);
        await chat.ReadsAsync("To the edited question.");

        Assert.False((await llm.Provider.Chats[0].Ended.WaitAsync(GatewayUnderTest.Soon, Cancel)).Completed);
        Assert.Equal(2, llm.Provider.Chats.Count);
        Assert.True((await llm.Provider.Chats[1].Ended.WaitAsync(GatewayUnderTest.Soon, Cancel)).Completed);
    }

    [Fact]
    public async Task An_answer_that_is_longer_than_a_chat_takes_ends_at_its_provider()
    {
        await using var llm = await LlmHost.StartAsync();
        await using var gateway = await GatewayUnderTest.StartAsync(llm.Settings);
        llm.Provider.Script(LlmScript.Of(new ScriptStep.Text(new string('x', 1000), 201), new ScriptStep.Stall()));
        var chat = await gateway.ChatAsync();

        await chat.SayAsync("tell me everything");

        Assert.False((await (await llm.Provider.WaitForChatAsync(Cancel)).Ended.WaitAsync(GatewayUnderTest.Soon, Cancel)).Completed);
    }

    [Fact]
    public async Task A_gateway_whose_answer_another_one_has_taken_up_falls_silent_and_leaves_the_turn_open()
    {
        await using var llm = await LlmHost.StartAsync();
        await using var gateway = await GatewayUnderTest.StartAsync(llm.Settings);
        var chat = await BeginAsync(gateway, llm);
        using var channel = GrpcChannel.ForAddress(llm.Address);
        // The turn is another gateway's by now.
        gateway.Sessions.LeaveLate(gateway.Sessions.Turns[0].TurnId);

        using var call = TakeUp(channel, llm);
        await call.ResponseStream.MoveNext(Cancel);
        await Eventually.TrueAsync(() => gateway.Get<ChatQueues>().IsIdle(new Conversation(chat.Id)));

        Assert.True(call.ResponseStream.Current.Started.TakenUp);
        Assert.Equal([Words(0)], await chat.BotTextsAsync());
        Assert.Equal(TurnState.Streaming, gateway.Sessions.Turns[0].State);
        Assert.False(Assert.Single(llm.Provider.Chats).Ended.IsCompleted);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_gateway_whose_turn_it_is_takes_the_answer_back_from_one_that_does_not_know_of_its_death(bool hasSpoken)
    {
        await using var llm = await LlmHost.StartAsync();
        await using var gateway = await GatewayUnderTest.StartAsync(llm.Settings);
        llm.Provider.Script(LlmScript.Of(hasSpoken ? new ScriptStep.Text("one") : new ScriptStep.Hold("first"), new ScriptStep.Hold("end"), new ScriptStep.Text(" two"), new ScriptStep.Finish()));
        var chat = await gateway.ChatAsync();
        await chat.SayAsync("tell me");
        await llm.Provider.WaitForChatAsync(Cancel);
        if (hasSpoken)
            await chat.ReadsAsync("one");
        using var channel = GrpcChannel.ForAddress(llm.Address);

        using var call = TakeUp(channel, llm);
        var read = call.ResponseStream.ReadAllAsync(Cancel).ToListAsync(Cancel).AsTask();
        var taken = await Assert.ThrowsAsync<RpcException>(() => read);
        llm.Provider.Release("first");
        llm.Provider.Release("end");

        Assert.Equal(StatusCode.Aborted, taken.StatusCode);
        await Eventually.TrueAsync(() => gateway.Sessions.Turns is [{ State: TurnState.Delivered }]);
        Assert.Equal([hasSpoken ? "one two" : "two"], await chat.BotTextsAsync());
        Assert.Single(llm.Provider.Chats);
    }

    private static AsyncServerStreamingCall<StreamChatResponse> TakeUp(GrpcChannel channel, LlmHost llm) => new Clawdex.Llm.V1.Llm.LlmClient(channel).StreamChat(
        new StreamChatRequest { Model = "gemini-2.5-flash", AnswerId = llm.AnswerId, Messages = { new ChatMessage { Role = Role.User, Content = "tell me" } } }, cancellationToken: Cancel);

    /// <summary>A chat that shows the first word of an answer; each hold that is released adds one.</summary>
    private static async Task<EmulatedChat> BeginAsync(GatewayUnderTest gateway, LlmHost llm)
    {
        List<ScriptStep> steps = [new ScriptStep.Text(Words(0))];
        for (var i = 1; i <= Restarts; i++)
            steps.AddRange([new ScriptStep.Hold($"{i}"), new ScriptStep.Text($" word{i}")]);
        llm.Provider.Script(LlmScript.Of([.. steps, new ScriptStep.Hold("end"), new ScriptStep.Finish()]));
        var chat = await gateway.ChatAsync();
        await chat.SayAsync("tell me");
        await chat.ReadsAsync(Words(0));
        return chat;
    }

    private static string Words(int last) => string.Join(' ', Enumerable.Range(0, last + 1).Select(i => $"word{i}"));

    private static async Task AssertPaidOnceAsync(GatewayUnderTest gateway, LlmHost llm, EmulatedChat chat)
    {
        llm.Provider.Release("end");
        await Eventually.TrueAsync(() => gateway.Sessions.Turns is [{ State: TurnState.Delivered }]);

        Assert.True((await Assert.Single(llm.Provider.Chats).Ended).Completed);
        Assert.Equal([Words(Restarts)], await chat.BotTextsAsync());
        // In one message, which never became shorter but by a line below the text.
        var shown = (await chat.TimelineAsync()).Select(entry => entry.Message).OfType<EmulatedMessage>().Where(message => message.From.IsBot).ToList();
        Assert.Single(shown.Select(message => message.MessageId).Distinct());
        var texts = shown.Select(message => message.Text.Split("\n\n")[0]).ToList();
        Assert.All(texts.Zip(texts.Skip(1)), pair => Assert.StartsWith(pair.First, pair.Second, StringComparison.Ordinal));
        Assert.Equal(12 + 34, gateway.Sessions.UsedBy(chat.Id));
        Assert.Equal(["user: tell me", $"assistant: {Words(Restarts)}"], gateway.Sessions.HistoryOf($"telegram:{chat.Id}"));
    }

    private static async Task WhileTimePassesAsync(FakeTimeProvider time, Task task)
    {
        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            return task.IsCompleted;
        });
        await task;
    }
}
