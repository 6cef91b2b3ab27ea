using Clawdex.SessionService.Tests.Api;
using Clawdex.SessionService.Turns;
using Grpc.Core;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Tests.Turns;

/// <summary>One gateway at a time may answer; its call's end, however it comes, lets the next one in.</summary>
public sealed class LeaseTests : IDisposable
{
    private readonly ServiceUnderTest _service = ServiceUnderTest.Start();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _service.Dispose();

    [Fact]
    public async Task The_first_gateway_holds_the_lease_and_the_second_learns_where_the_first_runs()
    {
        using var first = Ask("a");
        Assert.True((await NextAsync(first)).Held);

        using var second = Ask("b");

        Assert.Equal(new Wire.LeaseState { HolderInstance = "a's machine" }, await NextAsync(second));
    }

    [Fact]
    public async Task A_call_is_never_silent_for_longer_than_a_minute()
    {
        using var first = Ask("a");
        await NextAsync(first);
        using var second = Ask("b");
        await NextAsync(second);

        for (var minute = 0; minute < 3; minute++)
        {
            _service.Time.Advance(TimeSpan.FromSeconds(60));
            Assert.True((await NextAsync(first)).Held);
            Assert.Equal("a's machine", (await NextAsync(second)).HolderInstance);
        }
    }

    [Fact]
    public async Task When_the_holders_call_ends_the_next_in_line_gets_the_lease()
    {
        var first = Ask("a");
        await NextAsync(first);
        using var second = Ask("b");
        await NextAsync(second);
        using var third = Ask("c");
        await NextAsync(third);

        first.Dispose();

        Assert.True((await NextAsync(second)).Held);
        Assert.Equal("b's machine", (await NextAsync(third)).HolderInstance);
    }

    [Fact]
    public async Task A_gateway_whose_connection_broke_unnoticed_takes_its_own_place_again()
    {
        using var broken = Ask("a");
        await NextAsync(broken);
        using var second = Ask("b");
        await NextAsync(second);

        using var again = Ask("a", Wire.LeaseStanding.Held);

        Assert.True((await NextAsync(again)).Held);
        Assert.False(await broken.ResponseStream.MoveNext(Token));
    }

    [Fact]
    public async Task After_a_restart_of_the_service_one_that_waited_leaves_the_former_holder_a_moment_to_come_back()
    {
        using var waited = Ask("b", Wire.LeaseStanding.Waited);
        Assert.Equal(new Wire.LeaseState(), await NextAsync(waited));

        using var held = Ask("a", Wire.LeaseStanding.Held);

        Assert.True((await NextAsync(held)).Held);
        Assert.Equal("a's machine", (await NextAsync(waited)).HolderInstance);
    }

    [Fact]
    public async Task When_the_former_holder_does_not_come_back_after_a_restart_the_one_that_waited_answers()
    {
        using var waited = Ask("b", Wire.LeaseStanding.Waited);
        Assert.False((await NextAsync(waited)).Held);

        _service.Time.Advance(Presence.Precedence);

        Assert.True((await NextAsync(waited)).Held);
    }

    [Fact]
    public async Task A_gateway_that_starts_gets_a_free_lease_without_waiting()
    {
        using var started = Ask("a");

        Assert.True((await NextAsync(started)).Held);
    }

    [Fact]
    public async Task A_gateway_that_lost_the_lease_can_neither_take_in_messages_nor_move_turns()
    {
        var chat = new Conversation(_service.Client);
        var turnId = await chat.SayAsync("hello");
        using var holder = Ask("a");
        await NextAsync(holder);

        async Task<StatusCode> CallAsync(string gateway)
        {
            try
            {
                await _service.Client.UpdateDeliveryAsync(
                    new Wire.UpdateDeliveryRequest { TurnId = turnId, ReplyMessageIds = { 5 } }, new Metadata { { "clawdex-holder", gateway } }, cancellationToken: Token);
                return StatusCode.OK;
            }
            catch (RpcException error)
            {
                return error.StatusCode;
            }
        }

        Assert.Equal(StatusCode.Unavailable, await CallAsync("b"));
        Assert.Equal(StatusCode.OK, await CallAsync("a"));
        holder.Dispose();
        using var next = Ask("b");
        // At first it may wait still: the holder's end takes its time.
        while (!(await NextAsync(next)).Held)
        {
        }

        Assert.Equal(StatusCode.OK, await CallAsync("b"));
    }

    [Theory]
    [InlineData("", "a", "here")]
    [InlineData("telegram", "", "here")]
    [InlineData("telegram", "a", "")]
    public async Task A_malformed_request_is_refused(string channel, string holder, string instance)
    {
        using var call = _service.Client.HoldLease(new Wire.HoldLeaseRequest { Channel = channel, HolderId = holder, Instance = instance }, cancellationToken: Token);

        var error = await Assert.ThrowsAsync<RpcException>(() => call.ResponseStream.MoveNext(Token));

        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
    }

    private AsyncServerStreamingCall<Wire.LeaseState> Ask(string gateway, Wire.LeaseStanding standing = Wire.LeaseStanding.Unspecified) =>
        _service.Client.HoldLease(
            new Wire.HoldLeaseRequest { Channel = "telegram", HolderId = gateway, Standing = standing, Instance = $"{gateway}'s machine" }, cancellationToken: Token);

    private static async Task<Wire.LeaseState> NextAsync(AsyncServerStreamingCall<Wire.LeaseState> call)
    {
        Assert.True(await call.ResponseStream.MoveNext(Token).WaitAsync(TimeSpan.FromSeconds(20), Token));
        return call.ResponseStream.Current;
    }
}
