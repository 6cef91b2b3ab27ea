using System.Collections.Concurrent;
using Clawdex.Gateway.Tests.Running;
using Clawdex.Testing;
using Grpc.Core;

namespace Clawdex.Gateway.Tests.Turns;

/// <summary>Two things happen to a turn at the same time.</summary>
public sealed class RaceTests
{
    [Fact]
    public async Task A_turn_that_someone_else_settles_while_its_answer_grows_is_left_to_them()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var calls = new ConcurrentQueue<string>();
        gateway.Sessions.Before = method =>
        {
            calls.Enqueue(method);
            return method == "UpdateDelivery"
                ? throw new RpcException(new Status(StatusCode.FailedPrecondition, "settled"))
                : Task.CompletedTask;
        };
        gateway.Llm.When("settle me elsewhere", async call =>
        {
            await call.SayAsync(new string('a', 3000));
            await call.SayAsync($"\n\n{new string('b', 3000)}");
            // The second message cannot be sent, so nobody reads what follows.
            while (!call.Cancelled.IsCancellationRequested)
                await call.SayAsync(".");
        });
        var chat = await gateway.ChatAsync();

        await chat.SayAsync("settle me elsewhere");
        await Eventually.TrueAsync(() => gateway.Llm.Calls.Count == 1);
        await gateway.Llm.Calls[0].WasCancelled.WaitAsync(GatewayUnderTest.Soon, TestContext.Current.CancellationToken);
        await gateway.StopGatewayAsync();

        Assert.DoesNotContain("FailTurn", calls);
        Assert.DoesNotContain(gateway.Logs.GetSnapshot(), record => record.Says("A job of a conversation failed"));
        Assert.DoesNotContain(await chat.BotTextsAsync(), text => text.Contains('⚠', StringComparison.Ordinal));
    }
}
