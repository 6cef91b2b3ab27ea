using Clawdex.Sessions.V1;
using Grpc.Core;

namespace Clawdex.SessionService.Tests.Api;

/// <summary>Who may use the bot.</summary>
public sealed class PeopleTests : IDisposable
{
    private readonly ServiceUnderTest _service = ServiceUnderTest.Start();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    private Wire Wired => new(_service.Client);

    public void Dispose() => _service.Dispose();

    [Fact]
    public async Task The_first_to_claim_is_the_owner_for_ever()
    {
        Assert.Empty(await Wired.ListAsync());

        Assert.Equal(["7 Owner by 0"], await Wired.ClaimAsync(7));
        Assert.Equal(["7 Owner by 0"], await Wired.ClaimAsync(7));
        Assert.Equal(["7 Owner by 0"], await Wired.ClaimAsync(8));
        Assert.Equal(["7 Owner by 0"], await Wired.ListAsync());
    }

    [Fact]
    public async Task Of_many_that_claim_at_once_one_is_the_owner()
    {
        var answers = await Task.WhenAll(Enumerable.Range(1, 50).Select(userId => Wired.ClaimAsync(userId)));

        Assert.Single(answers.Select(people => Assert.Single(people)).Distinct());
        Assert.Equal(["1"], _service.Query("SELECT count(*) FROM people"));
    }

    [Fact]
    public async Task The_owner_lets_people_in_and_out()
    {
        await Wired.ClaimAsync(7);
        _service.Time.Advance(TimeSpan.FromSeconds(1));
        await Wired.AddAsync(8, by: 7);
        Assert.Equal(["7 Owner by 0", "8 Allowed by 7"], await Wired.AddAsync(8, by: 9));
        Assert.Equal(["7 Owner by 0", "8 Allowed by 7"], await Wired.AddAsync(7, by: 7));

        Assert.Equal(["7 Owner by 0"], await Wired.RemoveAsync(8));
        Assert.Equal(["7 Owner by 0"], await Wired.RemoveAsync(8));
    }

    [Fact]
    public async Task Who_was_let_in_may_claim_what_nobody_owns()
    {
        await Wired.AddAsync(8, by: 7);

        Assert.Equal(["8 Owner by 7"], await Wired.ClaimAsync(8));
    }

    [Fact]
    public async Task The_owner_cannot_be_removed()
    {
        await Wired.ClaimAsync(7);

        var refusal = await Assert.ThrowsAsync<RpcException>(() => Wired.RemoveAsync(7));

        Assert.Equal(StatusCode.FailedPrecondition, refusal.StatusCode);
        Assert.Equal(["7 Owner by 0"], await Wired.ListAsync());
    }

    [Fact]
    public async Task Who_is_removed_is_answered_no_more_in_his_private_chat()
    {
        await Wired.AddAsync(8, by: 7);
        var (open, streaming) = (await AcceptAsync("8", "one"), await AcceptAsync("8", "two"));
        await _service.Client.UpdateDeliveryAsync(new UpdateDeliveryRequest { TurnId = streaming, ReplyMessageIds = { 5 } }, cancellationToken: Cancel);
        var other = await AcceptAsync("-8", "three");

        await Wired.RemoveAsync(8);

        Assert.Equal([other], (await _service.Client.ListOpenTurnsAsync(new ListOpenTurnsRequest(), cancellationToken: Cancel)).Turns.Select(turn => turn.TurnId));
        Assert.Equal(["cancelled", "cancelled"], _service.Query($"SELECT state FROM turns WHERE id IN ({open}, {streaming})"));
    }

    [Fact]
    public async Task Who_is_removed_is_to_be_answered_no_more_in_groups_and_others_there_are()
    {
        await Wired.AddAsync(8, by: 7);
        var (his, others) = (await AcceptAsync("-100", "one", userId: 8), await AcceptAsync("-100", "two", userId: 9));

        await Wired.RemoveAsync(8);

        Assert.Equal([$"{his}"], _service.Query("SELECT id FROM turns WHERE stop_requested"));
        // The gateway that answers ends the one, and goes on with the other.
        Assert.Equal([his, others], (await _service.Client.ListOpenTurnsAsync(new ListOpenTurnsRequest(), cancellationToken: Cancel)).Turns.Select(turn => turn.TurnId));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-5)]
    public async Task A_number_that_is_nobodys_is_refused(long userId)
    {
        foreach (var call in (Func<Task>[])[() => Wired.ClaimAsync(userId), () => Wired.AddAsync(userId, by: 7), () => Wired.AddAsync(8, by: userId), () => Wired.RemoveAsync(userId)])
            Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(call)).StatusCode);
    }

    private async Task<long> AcceptAsync(string chatId, string text, long? userId = null) => (await _service.Client.AcceptMessageAsync(new AcceptMessageRequest
    {
        Session = new SessionId { SessionKey = $"telegram:{chatId}", Channel = "telegram", ChatId = chatId },
        SourceId = text,
        Text = text,
        OriginMessageId = 1,
        Budget = userId is { } charged ? new Budget { UserId = charged, MaxHistoryMessages = 10 } : null,
    })).Turn.TurnId;

    /// <summary>The calls, each of whose answers is everybody who is in.</summary>
    private sealed class Wire(Clawdex.Sessions.V1.Sessions.SessionsClient client)
    {
        public async Task<IEnumerable<string>> ListAsync() => Read(await client.ListPeopleAsync(new ListPeopleRequest()));

        public async Task<IEnumerable<string>> ClaimAsync(long userId) => Read(await client.ClaimOwnershipAsync(new ClaimOwnershipRequest { UserId = userId }));

        public async Task<IEnumerable<string>> AddAsync(long userId, long by) => Read(await client.AddPersonAsync(new AddPersonRequest { UserId = userId, AddedBy = by }));

        public async Task<IEnumerable<string>> RemoveAsync(long userId) => Read(await client.RemovePersonAsync(new RemovePersonRequest { UserId = userId }));

        private static IEnumerable<string> Read(People people) => [.. people.All.Select(person => $"{person.UserId} {person.Role} by {person.AddedBy}")];
    }
}
