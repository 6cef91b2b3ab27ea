using System.Diagnostics;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Tests.Running;
using Clawdex.Gateway.Turns;

namespace Clawdex.Gateway.Tests.Turns;

/// <summary>What is taken in while open turns are taken up.</summary>
[Collection(nameof(Alone))]
public sealed class HeldTurnTests
{
    [Fact]
    public async Task The_trace_of_a_turn_lasts_while_it_is_held_back_and_no_longer()
    {
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == GatewayTelemetry.Source.Name,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
        };
        ActivitySource.AddActivityListener(listener);
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await gateway.ChatAsync();
        await chat.SayAsync("before");
        await chat.ReadsAsync("Echo: before");
        var update = UpdateTrace.Begin("message", 1);

        await Assert.ThrowsAsync<OperationCanceledException>(() => gateway.Get<ChatQueues>().TakeUpAsync(() =>
        {
            gateway.Get<ChatQueues>().Enqueue(new QueuedTurn(Unknown, 0) { Update = update });
            update.Release();
            Assert.False(update.Span?.IsStopped);
            throw new OperationCanceledException();
        }));

        Assert.True(update.Span?.IsStopped);
    }

    private static Turn Unknown => new()
    {
        Id = 4711,
        Conversation = new Conversation(1),
        State = Sessions.V1.TurnState.Accepted,
        UserText = "never stored",
        OriginMessageId = 1,
        ReplyMessageIds = [],
        Answer = null,
        AcceptedAt = DateTimeOffset.UnixEpoch,
        TraceParent = "",
    };
}
