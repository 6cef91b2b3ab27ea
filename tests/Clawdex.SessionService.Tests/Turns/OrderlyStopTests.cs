using Clawdex.SessionService.Tests.Api;
using Clawdex.SessionService.Turns;
using Grpc.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Tests.Turns;

/// <summary>A service that is asked to stop serves the gateway that still finishes its replies, and nobody longer than that.</summary>
public sealed class OrderlyStopTests : IDisposable
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private readonly ServiceUnderTest _service = ServiceUnderTest.Start();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _service.Dispose();

    [Fact]
    public async Task The_last_reply_can_be_stored_until_its_gateway_is_gone()
    {
        var chat = new Conversation(_service.Client);
        var turnId = await chat.SayAsync("hello");
        using var gateway = await HoldAsync("a");

        var stopped = StopAsync();
        _service.Time.Advance(TimeSpan.FromSeconds(5));
        await chat.ShowAsync(turnId, 5);
        await chat.CompleteAsync(turnId, "Hello.");
        Assert.Equal(Wire.TurnState.Delivered, await chat.DeliverAsync(turnId, 5));
        Assert.False(stopped.IsCompleted);
        gateway.Dispose();

        await stopped.WaitAsync(Soon, Token);
    }

    [Fact]
    public async Task A_gateway_that_stays_is_waited_for_while_a_turn_is_open_but_not_for_ever()
    {
        await new Conversation(_service.Client).SayAsync("hello");
        using var gateway = await HoldAsync("a");

        var stopped = StopAsync();
        await AdvanceUntilAsync(stopped, atLeast: TimeSpan.FromSeconds(8), atMost: TimeSpan.FromSeconds(9));

        Assert.False(await gateway.ResponseStream.MoveNext(Token));
    }

    [Fact]
    public async Task A_gateway_that_stays_without_an_open_turn_is_waited_for_a_second()
    {
        using var gateway = await HoldAsync("a");

        var stopped = StopAsync();
        await AdvanceUntilAsync(stopped, atLeast: TimeSpan.FromSeconds(1), atMost: TimeSpan.FromSeconds(1.5));
    }

    [Fact]
    public async Task Without_a_gateway_the_service_stops_at_once() => await StopAsync().WaitAsync(Soon, Token);

    [Fact]
    public async Task A_gateway_that_waits_is_not_given_the_lease_of_one_that_ends_with_the_service()
    {
        using var first = await HoldAsync("a");
        using var second = Ask("b");
        Assert.True(await second.ResponseStream.MoveNext(Token));
        var stopped = StopAsync();

        first.Dispose();
        await stopped.WaitAsync(Soon, Token);

        Assert.False(await second.ResponseStream.MoveNext(Token));
        using var late = Ask("c");
        Assert.Equal(StatusCode.Unavailable, (await Assert.ThrowsAsync<RpcException>(() => late.ResponseStream.MoveNext(Token))).StatusCode);
    }

    /// <summary>The part of the host's stop that comes before Kestrel's: calls are served all the while.</summary>
    private Task StopAsync() => _service.Services.GetServices<IHostedService>().OfType<OrderlyStop>().Single().StoppingAsync(Token);

    private async Task AdvanceUntilAsync(Task stopped, TimeSpan atLeast, TimeSpan atMost)
    {
        var start = _service.Time.GetTimestamp();
        while (!stopped.IsCompleted && _service.Time.GetElapsedTime(start) < atMost)
        {
            _service.Time.Advance(TimeSpan.FromMilliseconds(100));
            // Each step of the stop may ask the database.
            await Task.WhenAny(stopped, Task.Delay(TimeSpan.FromMilliseconds(20), Token));
        }

        await stopped.WaitAsync(Soon, Token);
        Assert.InRange(_service.Time.GetElapsedTime(start), atLeast, atMost);
    }

    private async Task<AsyncServerStreamingCall<Wire.LeaseState>> HoldAsync(string gateway)
    {
        var call = Ask(gateway);
        Assert.True(await call.ResponseStream.MoveNext(Token) && call.ResponseStream.Current.Held);
        return call;
    }

    private AsyncServerStreamingCall<Wire.LeaseState> Ask(string gateway) => _service.Client.HoldLease(
        new Wire.HoldLeaseRequest { Channel = "telegram", HolderId = gateway, Instance = gateway }, cancellationToken: Token);
}
