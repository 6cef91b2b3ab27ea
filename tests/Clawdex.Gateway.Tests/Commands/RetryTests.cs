using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;
using FailureKind = Clawdex.Llm.V1.FailureKind;

namespace Clawdex.Gateway.Tests.Commands;

/// <summary>/retry: the last question is answered again, in the messages of its answer.</summary>
public sealed class RetryTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_answer_changes_in_its_message_and_the_model_never_knows_the_former_one()
    {
        await using var gateway = await RollingAsync();
        var chat = await gateway.ChatAsync();
        await chat.SayAsync("roll");
        var first = await chat.ReadsAsync("I rolled 1.");
        await SettledAsync(gateway, turns: 1);

        await chat.SayAsync("/retry");
        var second = await chat.ReadsAsync("I rolled 2.");
        await SettledAsync(gateway, turns: 2);
        await chat.SayAsync("what was it?");
        await SettledAsync(gateway, turns: 3);

        Assert.Equal(first.MessageId, second.MessageId);
        Assert.Equal(["I rolled 2.", "Echo: what was it?"], await chat.BotTextsAsync());
        Assert.All(gateway.Llm.CallsFor("roll"), call => Assert.Equal(["user: roll"], call.Prompt));
        Assert.Equal(["user: roll", "assistant: I rolled 2.", "user: what was it?"], Assert.Single(gateway.Llm.CallsFor("what was it?")).Prompt);
        await chat.SayAsync("/status");
        await chat.ReadsAsync(message => message.Text.Contains("\nMessages: 4\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Delivered_twice_it_asks_once()
    {
        await using var gateway = await RollingAsync();
        var chat = await gateway.ChatAsync();
        await chat.SayAsync("roll");
        await SettledAsync(gateway, turns: 1);
        var next = (await gateway.Telegram.Control.GetUpdatesAsync(Cancel)).NextId;
        await chat.SayAsync("/retry");
        await SettledAsync(gateway, turns: 2);

        await gateway.Telegram.Control.RedeliverAsync(next, Cancel);
        await chat.SayAsync("and then?");
        await chat.ReadsAsync("Echo: and then?");

        Assert.Equal(2, gateway.Llm.CallsFor("roll").Count);
        Assert.Equal(["I rolled 2.", "Echo: and then?"], await chat.BotTextsAsync());
    }

    [Fact]
    public async Task A_failed_question_is_answered_in_place_of_its_notice()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        gateway.Llm.When("fail first", async call =>
        {
            if (gateway.Llm.CallsFor("fail first").Count == 1)
                throw LlmCall.Failure(FailureKind.Overloaded);
            await call.SayAsync("Now it works.");
        });
        var chat = await gateway.ChatAsync();
        await chat.SayAsync("fail first");
        var notice = await chat.ReadsAsync(message => message.Text.StartsWith("⚠️ Gemini is overloaded", StringComparison.Ordinal));
        await Eventually.TrueAsync(() => gateway.Sessions.Turns is [{ State: TurnState.Failed }]);

        await chat.SayAsync("/retry");

        Assert.Equal(notice.MessageId, (await chat.ReadsAsync("Now it works.")).MessageId);
        Assert.Equal(["Now it works."], await chat.BotTextsAsync());
    }

    [Fact]
    public async Task A_shorter_answer_leaves_nothing_of_a_longer_one()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var words = string.Join(' ', Enumerable.Range(1, 2500).Select(i => $"word{i}"));
        gateway.Llm.When("talk", call => call.SayAsync(gateway.Llm.CallsFor("talk").Count == 1 ? words : "Short."));
        var chat = await gateway.ChatAsync();
        await chat.SayAsync("talk");
        await SettledAsync(gateway, turns: 1);
        Assert.InRange((await chat.BotTextsAsync()).Count, 3, 10);

        await chat.SayAsync("/retry");
        await SettledAsync(gateway, turns: 2);

        Assert.Equal(["Short."], await chat.BotTextsAsync());
    }

    [Fact]
    public async Task A_gateway_that_is_killed_meanwhile_finishes_it_in_the_same_message()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        gateway.Llm.When("hold on", async call =>
        {
            await call.SayAsync($"Try {gateway.Llm.CallsFor("hold on").Count}");
            if (gateway.Llm.CallsFor("hold on").Count == 2)
                await call.HangAsync();
        });
        var chat = await gateway.ChatAsync();
        await chat.SayAsync("hold on");
        var first = await chat.ReadsAsync("Try 1");
        await SettledAsync(gateway, turns: 1);
        await chat.SayAsync("/retry");
        await chat.ReadsAsync("Try 2");

        await gateway.KillGatewayAsync();
        await gateway.StartGatewayAsync();

        Assert.Equal(first.MessageId, (await chat.ReadsAsync("Try 3")).MessageId);
        Assert.Equal(["Try 3"], await chat.BotTextsAsync());
    }

    [Fact]
    public async Task Without_a_question_it_says_so()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await gateway.ChatAsync();

        await chat.SayAsync("/retry");

        await chat.ReadsAsync(UserTexts.NothingToRetry);
        Assert.Empty(gateway.Llm.Calls);
    }

    [Fact]
    public async Task It_is_charged_and_refused_as_a_message_is()
    {
        await using var gateway = await RollingAsync(
            ("agent:limits:tokensPerUserPerDay", "20"), ("channels:telegram:allowedUsers:0", "7"), ("channels:telegram:allowedUsers:1", "*"));
        var chat = await gateway.ChatAsync();
        await chat.SayAsync("roll");
        await SettledAsync(gateway, turns: 1);
        await chat.SayAsync("/retry");
        await SettledAsync(gateway, turns: 2);
        Assert.Equal(24, gateway.Sessions.UsedBy(chat.Id));

        await chat.SayAsync("/retry");

        await chat.ReadsAsync(message => message.Text.StartsWith("⚠️ You have used your 20 tokens of today.", StringComparison.Ordinal));
        Assert.Equal("I rolled 2.", (await chat.BotTextsAsync())[0]);
    }

    /// <summary>A model that answers "roll" with how often it was asked.</summary>
    private static async Task<GatewayUnderTest> RollingAsync(params (string Key, string Value)[] settings)
    {
        var gateway = await GatewayUnderTest.StartAsync(settings);
        gateway.Llm.When("roll", call => call.SayAsync($"I rolled {gateway.Llm.CallsFor("roll").Count}."));
        return gateway;
    }

    private static Task SettledAsync(GatewayUnderTest gateway, int turns) =>
        Eventually.TrueAsync(() => gateway.Sessions.Turns is [.., { State: TurnState.Delivered }] all && all.Count == turns);
}
