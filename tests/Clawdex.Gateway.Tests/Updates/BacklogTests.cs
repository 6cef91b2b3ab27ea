using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;

namespace Clawdex.Gateway.Tests.Updates;

/// <summary>What was written while the bot was down is answered when it is back, in the order in which it was written.</summary>
public sealed class BacklogTests
{
    [Fact]
    public async Task Five_messages_in_each_of_four_chats_that_waited_for_a_restart_are_answered_in_order_and_once()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chats = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => gateway.ChatAsync()));
        await chats[0].SayAsync("before");
        await chats[0].ReadsAsync("Echo: before");
        await gateway.StopGatewayAsync();
        for (var i = 1; i <= 5; i++)
        {
            foreach (var chat in chats)
                await chat.SayAsync($"{i} while it was down");
        }

        await gateway.StartGatewayAsync();
        foreach (var chat in chats)
            await chat.ReadsAsync("Echo: 5 while it was down");

        var expected = Enumerable.Range(1, 5).Select(i => $"Echo: {i} while it was down").ToList();
        Assert.Equal(["Echo: before", .. expected], await chats[0].BotTextsAsync());
        foreach (var chat in chats.Skip(1))
            Assert.Equal(expected, await chat.BotTextsAsync());
        Assert.Equal(21, gateway.Llm.Calls.Count);
        await Eventually.TrueAsync(() => gateway.Sessions.Turns.All(turn => turn.State is TurnState.Delivered));
    }
}
