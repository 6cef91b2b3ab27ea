using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;
using Microsoft.Extensions.Logging;

namespace Clawdex.Gateway.Tests.Commands;

/// <summary>/forget: nothing of the chat is stored any more, and nothing that was asked before it is answered.</summary>
public sealed class ForgetTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_next_message_begins_a_conversation_with_the_default_model()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await gateway.ChatAsync();
        await chat.SayAsync("/model fake/other");
        await chat.SayAsync("remember me");
        await chat.ReadsAsync("Echo: remember me");

        await chat.SayAsync("/forget");
        await chat.ReadsAsync(UserTexts.Forgotten);
        await chat.SayAsync("who am I?");
        await chat.ReadsAsync("Echo: who am I?");

        var call = Assert.Single(gateway.Llm.CallsFor("who am I?"));
        Assert.Equal("fake/model", call.Request.Model);
        Assert.Equal(["user: who am I?"], call.Prompt);
    }

    [Fact]
    public async Task The_running_answer_ends_what_waits_is_not_asked_and_what_comes_after_is_answered()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        gateway.Llm.When("talk on", async call =>
        {
            await call.SayAsync("Part of it");
            await call.HangAsync();
        });
        var chat = await gateway.ChatAsync();
        await chat.SayAsync("talk on");
        await chat.ReadsAsync("Part of it");
        await chat.SayAsync("waits behind it");

        await chat.SayAsync("/forget");
        await chat.SayAsync("after all that");
        await chat.ReadsAsync("Echo: after all that");

        await gateway.Llm.CallsFor("talk on")[0].WasCancelled.WaitAsync(GatewayUnderTest.Soon, Cancel);
        Assert.Empty(gateway.Llm.CallsFor("waits behind it"));
        Assert.DoesNotContain(gateway.Logs.GetSnapshot(), record => record.Level >= LogLevel.Error);
        Assert.Equal(["user: after all that"], Assert.Single(gateway.Llm.CallsFor("after all that")).Prompt);
        Assert.Equal(
            ["Part of it\n\n⏹ Stopped.", UserTexts.Forgotten, "Echo: after all that"],
            (await chat.BotTextsAsync()).OrderBy(text => text.StartsWith("Part", StringComparison.Ordinal) ? 0 : text == UserTexts.Forgotten ? 1 : 2));
    }

    [Fact]
    public async Task Delivered_twice_it_deletes_and_stops_nothing_newer()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var gate = new Gate();
        gateway.Llm.When("newer", async call =>
        {
            await gate.PassAsync(call.Cancelled);
            await call.SayAsync("still here");
        });
        var chat = await gateway.ChatAsync();
        var next = (await gateway.Telegram.Control.GetUpdatesAsync(Cancel)).NextId;
        await chat.SayAsync("/forget");
        await chat.ReadsAsync(UserTexts.Forgotten);
        await chat.SayAsync("newer");
        await Eventually.TrueAsync(() => gateway.Llm.CallsFor("newer").Count == 1);

        await gateway.Telegram.Control.RedeliverAsync(next, Cancel);
        await chat.SayAsync("/status");
        await chat.ReadsAsync(message => message.Text.Contains("Messages: 1", StringComparison.Ordinal));
        gate.Open();

        await chat.ReadsAsync("still here");
        Assert.Equal(["user: newer", "assistant: still here"], await HistoryAsync(gateway, chat.Id));
    }

    private static async Task<IReadOnlyList<string>> HistoryAsync(GatewayUnderTest gateway, long chatId)
    {
        await Eventually.TrueAsync(() => gateway.Sessions.TurnsOf(chatId).All(turn => turn.State is TurnState.Delivered));
        return gateway.Sessions.HistoryOf($"telegram:{chatId}");
    }
}
