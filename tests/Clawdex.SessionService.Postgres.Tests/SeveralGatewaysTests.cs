using Clawdex.SessionService.Tests.Turns;
using Clawdex.Testing;
using Grpc.Core;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Tests;

/// <summary>
/// Gateways that share a database through two services: who is late is replaced, who is dead stays dead, and no outage kills
/// anybody. The clock is the database's, so a test moves the rows' times instead.
/// </summary>
public sealed class SeveralGatewaysTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly ServiceUnderTest _service, _other;

    public SeveralGatewaysTests()
    {
        _service = ServiceUnderTest.StartOn(_directory["clawdex.db"]);
        _other = ServiceUnderTest.StartOn(_directory["clawdex.db"]);
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        // A service waits for gateways that still live, by a clock that stands still here.
        _service.Query("UPDATE gateways SET dead = true RETURNING 1");
        _other.Dispose();
        _service.Dispose();
        _directory.Dispose();
    }

    [Fact]
    public async Task The_one_that_has_been_there_longest_polls_and_the_others_hear_where_it_runs()
    {
        var first = await KeepAliveAsync("a");
        var second = await KeepAliveAsync("b", _other);

        Assert.Equal((4000, true, ""), (first.LifeMs, first.Polls, first.PollerInstance));
        Assert.Equal((4000, false, "a's machine"), (second.LifeMs, second.Polls, second.PollerInstance));
    }

    [Fact]
    public async Task One_that_is_late_polls_no_more_even_while_nobody_may_declare_it_dead()
    {
        await KeepAliveAsync("a");
        Become("a", late: true);

        Assert.True((await KeepAliveAsync("b")).Polls);
    }

    [Fact]
    public async Task What_a_late_one_has_is_taken_up_in_the_order_of_each_conversation_and_it_hears_that_it_is_dead()
    {
        await KeepAliveAsync("a");
        await KeepAliveAsync("b");
        var (first, second, other) = (await AcceptAsync("a", "1"), await AcceptAsync("b", "2"), await AcceptAsync("a", "1", chat: "8"));
        Become("a", late: true);
        Become("b", late: false);

        Assert.Equal([first, second, other], await ClaimAsync("b", _other));
        Assert.Empty(await ClaimAsync("b"));
        Assert.True((await KeepAliveAsync("b")).Polls);
        Assert.True((await KeepAliveAsync("a")).Dead);
        Assert.Equal(StatusCode.Aborted, (await Assert.ThrowsAsync<RpcException>(() => ClaimAsync("a"))).StatusCode);
        // What came to the dead one before it heard is taken up as well.
        var late = await AcceptAsync("a", "1", chat: "9");
        Assert.Equal([late], await ClaimAsync("b"));
    }

    [Fact]
    public async Task Being_late_is_no_death_as_long_as_nobody_says_so()
    {
        await KeepAliveAsync("a");
        Become("a", late: true);

        Assert.False((await KeepAliveAsync("a")).Dead);
    }

    [Fact]
    public async Task Who_was_late_itself_judges_nobody()
    {
        await KeepAliveAsync("a");
        await KeepAliveAsync("b");
        await AcceptAsync("a", "1");
        Become("a", late: true);
        Become("b", late: true);

        // The database was away: both are late, and b is the first to come back.
        await KeepAliveAsync("b");

        Assert.Empty(await ClaimAsync("b"));
        Assert.False((await KeepAliveAsync("a")).Dead);
    }

    [Fact]
    public async Task What_one_has_that_ends_in_order_is_free_at_once()
    {
        await KeepAliveAsync("a");
        await KeepAliveAsync("b");
        var turn = await AcceptAsync("a", "1");

        await As("a").KeepAliveAsync(leaving: true);

        Assert.Equal([turn], await ClaimAsync("b"));
    }

    [Fact]
    public async Task What_waits_behind_ones_own_turn_is_taken_before_that_is_settled_and_behind_another_ones_it_is_not()
    {
        await KeepAliveAsync("a");
        await KeepAliveAsync("b");
        await AcceptAsync("a", "1");
        var waiting = await AcceptAsync("b", "2");

        Assert.Empty(await ClaimAsync("b"));
        Assert.Equal([waiting], await ClaimAsync("a"));
    }

    [Fact]
    public async Task A_stop_reaches_the_one_that_answers_whoever_hears_it()
    {
        var turn = await As("a").AcceptAsync("1");
        Assert.Empty((await As("a").KeepAliveAsync(running: turn)).StopTurnIds);

        await _other.Client.RequestStopAsync(new Wire.RequestStopRequest { SessionKey = "telegram:7" }, As("b").Header, cancellationToken: Token);

        Assert.Equal([turn.TurnId], (await As("a").KeepAliveAsync(running: turn)).StopTurnIds);
        Assert.Empty((await KeepAliveAsync("b")).StopTurnIds);
    }

    [Fact]
    public async Task What_is_forgotten_or_revoked_at_another_one_is_answered_no_more()
    {
        var forgotten = await As("a").AcceptAsync("1");
        var revoked = await As("a").AcceptAsync("1", chat: "8");
        var inGroup = await As("a").AcceptAsync("1", chat: "-100", userId: 8);

        await _other.Client.ResetAsync(
            new Wire.ResetRequest { Session = new() { SessionKey = "telegram:7", Channel = "telegram", ChatId = "7" }, SourceId = "2", Forget = true }, As("b").Header, cancellationToken: Token);
        await _other.Client.RemovePersonAsync(new Wire.RemovePersonRequest { UserId = 8 }, As("b").Header, cancellationToken: Token);

        Assert.Equal([forgotten.TurnId, revoked.TurnId, inGroup.TurnId], (await As("a").KeepAliveAsync(running: [forgotten, revoked, inGroup])).StopTurnIds);
    }

    [Fact]
    public async Task An_edit_reaches_the_one_that_answers_whoever_hears_it()
    {
        var turn = await As("a").AcceptAsync("1");
        Assert.Empty((await As("a").KeepAliveAsync(running: turn)).EditedTurns);
        _other.Time.Advance(TimeSpan.FromSeconds(1));

        await _other.Client.EditQuestionAsync(
            new Wire.EditQuestionRequest { SessionKey = "telegram:7", OriginMessageId = 1, Text = "edited" }, As("b").Header, cancellationToken: Token);

        var edited = Assert.Single((await As("a").KeepAliveAsync(running: turn)).EditedTurns);
        Assert.Equal((turn.TurnId, "edited", false), (edited.TurnId, edited.UserText, edited.Elsewhere));
        Assert.Empty((await As("a").KeepAliveAsync(running: edited)).EditedTurns);
    }

    [Fact]
    public async Task An_edit_is_newer_than_what_it_changes_though_the_clock_of_its_service_is_behind()
    {
        _service.Time.Advance(TimeSpan.FromSeconds(5));
        var turn = await As("a").AcceptAsync("1");

        await _other.Client.EditQuestionAsync(
            new Wire.EditQuestionRequest { SessionKey = "telegram:7", OriginMessageId = 1, Text = "edited" }, As("b").Header, cancellationToken: Token);

        var edited = Assert.Single((await As("a").KeepAliveAsync(running: turn)).EditedTurns);
        Assert.True(edited.AcceptedAtUnixMs > turn.AcceptedAtUnixMs);
    }

    [Fact]
    public async Task Of_many_that_claim_at_the_same_time_each_conversation_has_one()
    {
        string[] gateways = ["b", "c", "d", "e"];
        await KeepAliveAsync("a");
        foreach (var chat in Enumerable.Range(100, 60))
        {
            await AcceptAsync("a", "1", $"{chat}");
            await AcceptAsync("a", "2", $"{chat}");
        }

        foreach (var gateway in gateways)
            await KeepAliveAsync(gateway);
        Become("a", late: true);
        foreach (var gateway in gateways)
            Become(gateway, late: false);

        var claims = await Task.WhenAll(gateways.Select(async gateway =>
        {
            List<long> mine = [];
            while (await ClaimAsync(gateway, gateway is "b" or "c" ? _service : _other) is { Count: > 0 } claimed)
                mine.AddRange(claimed);
            return mine;
        }));

        Assert.Equal(120, claims.Sum(mine => mine.Count));
        Assert.Equal(120, claims.SelectMany(mine => mine).Distinct().Count());
        Assert.All(_service.Query("SELECT count(DISTINCT owner) FROM turns GROUP BY session_id"), owners => Assert.Equal("1", owners));
    }

    /// <summary>As if the gateway had not said for a while that it lives, or as if it had for a long time.</summary>
    private void Become(string gateway, bool late) => _service.Query(late
        ? $"UPDATE gateways SET lives_until = lives_until - 60000, steady_since = steady_since - 60000 WHERE id = '{gateway}' RETURNING 1"
        : $"UPDATE gateways SET steady_since = steady_since - 60000 WHERE id = '{gateway}' RETURNING 1");

    private GatewayCalls As(string gateway, ServiceUnderTest? service = null) => new((service ?? _service).Client, gateway);

    private Task<Wire.KeepAliveResponse> KeepAliveAsync(string gateway, ServiceUnderTest? service = null) => As(gateway, service).KeepAliveAsync();

    private async Task<IReadOnlyList<long>> ClaimAsync(string gateway, ServiceUnderTest? service = null) =>
        [.. (await As(gateway, service).ClaimAsync()).Select(turn => turn.TurnId)];

    private async Task<long> AcceptAsync(string gateway, string sourceId, string chat = "7") => (await As(gateway).AcceptAsync(sourceId, chat)).TurnId;
}
