using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;
using Clawdex.TelegramEmulator;
using Clawdex.TelegramEmulator.Control;

namespace Clawdex.Gateway.Tests.Telegram;

/// <summary>Many chats at once against Telegram's flood control, with the gateway's default limits.</summary>
public sealed class FloodTests
{
    private const int Chats = 40;
    private const int Turns = 3;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_turn_is_lost_or_answered_twice_and_no_call_is_refused()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(
            ("channels:telegram:limits:chatPerSecond", "1"), ("channels:telegram:limits:groupPerMinute", "20"));
        await gateway.Telegram.Control.SetLimitsAsync(new FloodLimits { Enabled = true }, Cancel);
        var chats = await Task.WhenAll(Enumerable.Range(0, Chats).Select(_ => gateway.ChatAsync()));

        await Task.WhenAll(chats.Select(TalkAsync));

        await Eventually.TrueAsync(() => gateway.Sessions.Turns.All(turn => turn.State is TurnState.Delivered));
        Assert.Equal(Chats * Turns, gateway.Llm.Calls.Count);
        foreach (var chat in chats)
        {
            Assert.Equal(Enumerable.Range(0, Turns).Select(i => $"Echo: {chat.Id} asks {i}"), await chat.BotTextsAsync());
            Assert.DoesNotContain(await chat.TimelineAsync(), entry => !entry.Ok);
        }
    }

    private static async Task TalkAsync(EmulatedChat chat)
    {
        for (var i = 0; i < Turns; i++)
            await chat.SayAsync($"{chat.Id} asks {i}");
        await chat.ReadsAsync($"Echo: {chat.Id} asks {Turns - 1}");
    }
}
