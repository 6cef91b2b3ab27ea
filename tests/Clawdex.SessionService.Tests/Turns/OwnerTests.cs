using Grpc.Core;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Tests.Turns;

/// <summary>
/// Of several gateways one answers in a conversation at a time, in the order of the messages. Each rule is tried by what it
/// forbids; decision 14 has them.
/// </summary>
public sealed class OwnerTests : IDisposable
{
    private readonly ServiceUnderTest _service = ServiceUnderTest.Start();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _service.Dispose();

    [Fact]
    public async Task What_comes_behind_another_gateways_turn_waits_until_that_one_hands_it_over_however_often_it_says_so()
    {
        var first = await AcceptAsync("a", "1");
        var second = await AcceptAsync("b", "2");
        var third = await AcceptAsync("a", "3");

        Assert.False(first.Elsewhere);
        Assert.True(second.Elsewhere);
        // Its own conversation, but behind one that waits: the order is worth more than the time.
        Assert.True(third.Elsewhere);
        Assert.Equal([second.TurnId, third.TurnId], IdsOf(await FailAsync("a", first.TurnId)));
        Assert.Equal([second.TurnId, third.TurnId], IdsOf(await FailAsync("a", first.TurnId)));
        Assert.Empty(await FailAsync("a", second.TurnId));
        Assert.False((await AcceptAsync("a", "4")).Elsewhere);
    }

    [Fact]
    public async Task What_comes_when_all_is_settled_is_whose_it_came_to()
    {
        await FailAsync("a", (await AcceptAsync("a", "1")).TurnId);

        Assert.False((await AcceptAsync("b", "2")).Elsewhere);
    }

    [Fact]
    public async Task An_answer_that_is_shown_hands_over_as_well()
    {
        var first = await AcceptAsync("a", "1");
        var second = await AcceptAsync("b", "2");
        await _service.Client.CompleteTurnAsync(new Wire.CompleteTurnRequest { TurnId = first.TurnId, Text = "answer", FinishReason = Wire.FinishReason.Stop }, As("a").Header, cancellationToken: Token);

        var delivered = await _service.Client.UpdateDeliveryAsync(new Wire.UpdateDeliveryRequest { TurnId = first.TurnId, Delivered = true }, As("a").Header, cancellationToken: Token);

        Assert.Equal([second.TurnId], IdsOf(delivered.Next));
        Assert.Equal("text 2", delivered.Next[0].UserText);
    }

    [Fact]
    public async Task Conversations_do_not_wait_for_each_other()
    {
        await AcceptAsync("a", "1");

        Assert.False((await AcceptAsync("b", "1", chat: "8")).Elsewhere);
    }

    [Fact]
    public async Task Nobody_moves_another_ones_turn()
    {
        var turn = await AcceptAsync("a", "1");

        Assert.Equal(StatusCode.Aborted, await StatusOfAsync(() => FailAsync("b", turn.TurnId)));
        Assert.Equal(StatusCode.Aborted, await StatusOfAsync(() => _service.Client.CompleteTurnAsync(
            new Wire.CompleteTurnRequest { TurnId = turn.TurnId, Text = "answer", FinishReason = Wire.FinishReason.Stop }, As("b").Header).ResponseAsync));
        Assert.Equal(StatusCode.Aborted, await StatusOfAsync(() => _service.Client.UpdateDeliveryAsync(
            new Wire.UpdateDeliveryRequest { TurnId = turn.TurnId, ReplyMessageIds = { 5 } }, As("b").Header).ResponseAsync));
        Assert.Equal(StatusCode.Aborted, await StatusOfAsync(() => _service.Client.ChargeTurnAsync(
            new Wire.ChargeTurnRequest { TurnId = turn.TurnId, Tokens = 5 }, As("b").Header).ResponseAsync));
        Assert.Equal("accepted|a", Assert.Single(_service.Query("SELECT state, owner FROM turns")));
    }

    [Fact]
    public async Task A_gateway_lists_its_own_turns_and_one_that_says_nothing_all()
    {
        var mine = await AcceptAsync("a", "1");
        var other = await AcceptAsync("b", "1", chat: "8");

        Assert.Equal([mine.TurnId], IdsOf((await _service.Client.ListOpenTurnsAsync(new Wire.ListOpenTurnsRequest(), As("a").Header, cancellationToken: Token)).Turns));
        Assert.Equal([mine.TurnId, other.TurnId], IdsOf((await _service.Client.ListOpenTurnsAsync(new Wire.ListOpenTurnsRequest(), cancellationToken: Token)).Turns));
    }

    [Fact]
    public async Task A_stop_is_noted_for_the_gateway_that_answers_and_for_no_other()
    {
        Assert.False(await RequestStopAsync("a"));
        var running = await AcceptAsync("a", "1");
        await AcceptAsync("b", "2");

        Assert.False(await RequestStopAsync("a"));
        Assert.True(await RequestStopAsync("b"));
        Assert.Equal([$"{running.TurnId}"], _service.Query("SELECT id FROM turns WHERE stop_requested"));

        // What is written on from what was read before does not undo it.
        await _service.Client.UpdateDeliveryAsync(new Wire.UpdateDeliveryRequest { TurnId = running.TurnId, ReplyMessageIds = { 5 } }, As("a").Header, cancellationToken: Token);
        Assert.Equal([$"{running.TurnId}"], _service.Query("SELECT id FROM turns WHERE stop_requested"));
    }

    private async Task<bool> RequestStopAsync(string gateway) =>
        (await _service.Client.RequestStopAsync(new Wire.RequestStopRequest { SessionKey = "telegram:7" }, As(gateway).Header, cancellationToken: Token)).Requested;

    private GatewayCalls As(string gateway) => new(_service.Client, gateway);

    private Task<Wire.Turn> AcceptAsync(string gateway, string sourceId, string chat = "7") => As(gateway).AcceptAsync(sourceId, chat);

    private Task<IReadOnlyList<Wire.Turn>> FailAsync(string gateway, long turnId) => As(gateway).FailAsync(turnId);

    private static async Task<StatusCode> StatusOfAsync<T>(Func<Task<T>> call)
    {
        try
        {
            await call();
            return StatusCode.OK;
        }
        catch (RpcException error)
        {
            return error.StatusCode;
        }
    }

    private static IEnumerable<long> IdsOf(IEnumerable<Wire.Turn> turns) => turns.Select(turn => turn.TurnId);
}
