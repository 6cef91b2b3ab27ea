using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;

namespace Clawdex.Gateway.Tests.Turns;

/// <summary>A turn that one gateway stores in the very moment in which another one takes its place.</summary>
public sealed class LateTurnTests
{
    [Fact]
    public async Task A_turn_that_an_ended_gateway_has_stored_too_late_is_answered_before_what_comes_next()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await gateway.ChatAsync();
        gateway.Sessions.LeaveLate(gateway.Sessions.Leave($"telegram:{chat.Id}", "stored late", TurnState.Accepted, TimeProvider.System.GetUtcNow()));

        await chat.SayAsync("next");

        await chat.ReadsAsync("Echo: next");
        Assert.Equal(["Echo: stored late", "Echo: next"], await chat.BotTextsAsync());
    }
}
