using System.Collections.Concurrent;
using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;
using Clawdex.TelegramEmulator.Faults;

namespace Clawdex.Gateway.Tests.Turns;

/// <summary>A gateway that goes on after something that it did not know of: its own death, another database.</summary>
public sealed class ComeBackTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task One_that_is_declared_dead_before_telegram_has_answered_it_comes_back_under_another_name()
    {
        await using var gateway = await GatewayUnderTest.PrepareAsync(null);
        ConcurrentDictionary<string, bool> names = new();
        string? dead = null;
        gateway.Sessions.Life = name =>
        {
            names.TryAdd(name, true);
            return new KeepAliveResponse { LifeMs = 4000, Polls = name != dead, Dead = name == dead };
        };
        await gateway.Telegram.Control.AddFaultAsync(new Fault(FaultKind.Respond, Method: "getMe", Times: 0, Status: 502), Cancel);
        using var http = gateway.StartDisconnected();
        await Eventually.TrueAsync(() => gateway.Network.Calls("getMe") > 0 && !names.IsEmpty);

        dead = names.Keys.Single();
        await Eventually.TrueAsync(() => names.Count == 2);
        await gateway.Telegram.Control.ClearFaultsAsync(Cancel);

        await gateway.Telegram.Control.WaitForPollAsync(GatewayUnderTest.Soon, Cancel);
    }

    [Fact]
    public async Task One_that_is_declared_dead_before_it_could_answer_at_all_comes_back_under_another_name()
    {
        await using var gateway = await GatewayUnderTest.PrepareAsync(null);
        ConcurrentDictionary<string, bool> names = new();
        // Its first word was heard, but what was said to that was lost for longer than a life.
        gateway.Sessions.Life = name =>
        {
            names.TryAdd(name, true);
            return new KeepAliveResponse { LifeMs = 4000, Polls = names.Count > 1, Dead = names.Count == 1 };
        };
        using var http = gateway.StartDisconnected();

        await gateway.Telegram.Control.WaitForPollAsync(GatewayUnderTest.Soon, Cancel);

        Assert.Equal(2, names.Count);
    }

    [Fact]
    public async Task Messages_are_answered_after_a_restore_though_their_turns_have_numbers_that_were_given_before()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await gateway.ChatAsync();
        await chat.SayAsync("before");
        await chat.ReadsAsync("Echo: before");
        await Eventually.TrueAsync(() => gateway.Sessions.Turns is [{ State: TurnState.Delivered }]);

        await gateway.Sessions.KillAsync();
        gateway.Sessions.StartRestored();
        await chat.SayAsync("after");

        await chat.ReadsAsync("Echo: after");
    }
}
