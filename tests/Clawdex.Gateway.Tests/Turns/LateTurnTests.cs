using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services.Lease;
using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;

namespace Clawdex.Gateway.Tests.Turns;

/// <summary>Turns that are stored when whoever goes on with them has looked for them already.</summary>
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

    [Fact]
    public async Task A_turn_that_a_hung_service_stored_for_this_gateway_after_it_had_looked_for_it_is_answered_once()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var gateway = await GatewayUnderTest.PrepareAsync(time);
        gateway.Sessions.Life = _ => new KeepAliveResponse { LifeMs = 4000, Polls = true };
        await gateway.StartGatewayAsync();
        var chat = await gateway.ChatAsync();

        gateway.Sessions.AcceptFor(gateway.Get<GatewayInstance>().Id, $"telegram:{chat.Id}", "stored late");

        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            return gateway.Llm.CallsFor("stored late").Count > 0;
        });
        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromMilliseconds(100));
            return gateway.Sessions.Turns is [{ State: TurnState.Delivered }];
        });
        Assert.Equal(["Echo: stored late"], await chat.BotTextsAsync());
        Assert.Single(gateway.Llm.CallsFor("stored late"));
    }

    /// <summary>What was written in between may have been answered by another gateway, below the line.</summary>
    [Fact]
    public async Task What_a_chat_was_told_to_wait_is_not_made_the_answer_of_a_turn_that_another_gateway_has_left()
    {
        await using var gateway = await GatewayUnderTest.PrepareAsync(time: null);
        gateway.Sessions.Life = _ => new KeepAliveResponse { LifeMs = 4000, Polls = true };
        await gateway.StartGatewayAsync();
        var (chat, other) = (await gateway.ChatAsync(), await gateway.ChatAsync());
        gateway.Sessions.Live("another");
        gateway.Sessions.AcceptFor("another", $"telegram:{chat.Id}", "taken in elsewhere");
        var isAway = true;
        gateway.Sessions.Before = method => method == "AcceptMessage" && Volatile.Read(ref isAway)
            ? throw new RpcException(new Status(StatusCode.Unavailable, "away"))
            : Task.CompletedTask;
        await chat.SayAsync("anybody there?");
        var notice = await chat.ReadsAsync(UserTexts.WaitingForStorage);

        gateway.Sessions.LeaveLate(gateway.Sessions.Turns[0].TurnId);

        Assert.NotEqual(notice.MessageId, (await chat.ReadsAsync("Echo: taken in elsewhere")).MessageId);
        Volatile.Write(ref isAway, false);
        await other.SayAsync("hello");
        await chat.ReadsAsync("Echo: anybody there?");
        await Eventually.TrueAsync(async _ => (await chat.BotTextsAsync()) is ["Echo: taken in elsewhere", "Echo: anybody there?"]);
    }
}
