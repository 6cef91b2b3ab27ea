using Clawdex.SessionService.Tests.Api;
using Clawdex.SessionService.Turns;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Tests.Turns;

public sealed class RetentionTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_was_settled_longer_ago_than_the_days_to_retain_is_deleted_and_nothing_else()
    {
        using var service = ServiceUnderTest.Start(("sessions:retainDays", "30"));
        var chat = new Conversation(service.Client);
        var elsewhere = new Conversation(service.Client, "2");
        await chat.SetModelAsync("openai/gpt-4o");
        await chat.ExchangeAsync("old", "old answer");
        await chat.FailAsync(await chat.SayAsync("old and failed"));
        await elsewhere.ExchangeAsync("old, elsewhere", "old answer");
        service.Time.Advance(TimeSpan.FromDays(29));
        await chat.ExchangeAsync("newer", "newer answer");
        Assert.Equal(5, (await chat.TextsAsync()).Length);
        service.Time.Advance(TimeSpan.FromDays(2));

        await service.Get<Retention>().DeleteAsync(Token);

        Assert.Equal(["newer", "newer answer"], await chat.TextsAsync());
        var session = await chat.SessionAsync();
        Assert.Equal((2, 2, "openai/gpt-4o"), (session.MessageCount, session.ContextMessages, session.ModelOverride));
        Assert.Empty(await elsewhere.TextsAsync());
        Assert.Equal(0, (await elsewhere.SessionAsync()).MessageCount);
        Assert.Equal(["2|1"], service.Query("SELECT (SELECT count(*) FROM messages), (SELECT count(*) FROM turns)"));
    }

    [Fact]
    public async Task A_turn_that_is_open_is_kept_however_old_it_is_and_so_is_one_that_was_settled_late()
    {
        using var service = ServiceUnderTest.Start(("sessions:retainDays", "1"));
        var chat = new Conversation(service.Client);
        var open = await chat.SayAsync("open");
        var late = await chat.SayAsync("settled late");
        await chat.ExchangeAsync("settled at once", "answer");
        service.Time.Advance(TimeSpan.FromDays(3));
        await chat.CompleteAsync(late, "late answer");
        await chat.DeliverAsync(late, 501);

        await service.Get<Retention>().DeleteAsync(Token);

        Assert.Equal(["open", "settled late", "late answer"], await chat.TextsAsync());
        Assert.Equal(1, await chat.OpenTurnsAsync());
        await chat.CompleteAsync(open, "at last");
        Assert.Equal(["open", "at last", "settled late", "late answer"], await chat.TextsAsync());
    }

    [Fact]
    public async Task A_message_that_telegram_may_deliver_again_is_a_duplicate_even_with_the_shortest_time_to_retain()
    {
        using var service = ServiceUnderTest.Start(("sessions:retainDays", "1"));
        var chat = new Conversation(service.Client);
        var accepted = await chat.AcceptAsync("hello", sourceId: "update");
        await chat.CompleteAsync(accepted.Turn.TurnId, "answer");
        await chat.DeliverAsync(accepted.Turn.TurnId, 501);
        service.Time.Advance(TimeSpan.FromHours(24));

        await service.Get<Retention>().DeleteAsync(Token);

        Assert.True((await chat.AcceptAsync("hello", sourceId: "update")).Duplicate);
    }

    [Fact]
    public async Task A_summary_goes_when_it_is_as_old_as_that_though_newer_messages_stay()
    {
        using var service = ServiceUnderTest.Start(("sessions:retainDays", "30"));
        var chat = new Conversation(service.Client);
        for (var i = 0; i < 4; i++)
            await chat.ExchangeAsync($"question {i}", $"answer {i}");
        service.Time.Advance(TimeSpan.FromDays(10));
        await chat.CommitCompactionAsync(await chat.BeginCompactionAsync(), "They talked.");
        await chat.ExchangeAsync("newer", "newer answer");
        service.Time.Advance(TimeSpan.FromDays(21));
        await service.Get<Retention>().DeleteAsync(Token);
        Assert.Equal(3, (await chat.TextsAsync()).Length);

        service.Time.Advance(TimeSpan.FromDays(10));
        await chat.ExchangeAsync("newest", "newest answer");
        await service.Get<Retention>().DeleteAsync(Token);

        Assert.Equal(["newest", "newest answer"], await chat.TextsAsync());
        Assert.Equal(["0"], service.Query("SELECT count(*) FROM compactions"));
    }

    [Fact]
    public async Task A_summary_that_began_before_its_messages_were_deleted_no_longer_fits()
    {
        // Nothing is deleted by itself, or it could happen before the summary begins.
        using var service = ServiceUnderTest.Start();
        var chat = new Conversation(service.Client);
        for (var i = 0; i < 4; i++)
            await chat.ExchangeAsync($"question {i}", $"answer {i}");
        var begun = await chat.BeginCompactionAsync();
        await service.Get<Retention>().DeleteAsync(service.Time.GetUtcNow().AddDays(1), Token);

        var refused = await Assert.ThrowsAsync<Grpc.Core.RpcException>(() => chat.CommitCompactionAsync(begun, "summary"));

        Assert.Equal(Grpc.Core.StatusCode.FailedPrecondition, refused.StatusCode);
    }

    [Fact]
    public async Task Much_that_is_old_is_deleted_in_many_small_transactions()
    {
        using var service = ServiceUnderTest.Start(("sessions:retainDays", "30"));
        var chats = Enumerable.Range(0, 7).Select(id => new Conversation(service.Client, $"{id}")).ToArray();
        await Parallel.ForEachAsync(Enumerable.Range(0, 450), Token, async (i, _) => await chats[i % chats.Length].ExchangeAsync("question", "answer"));
        service.Time.Advance(TimeSpan.FromDays(31));
        await chats[0].SayAsync("newer");

        await service.Get<Retention>().DeleteAsync(Token);

        Assert.Equal(["1|1|1"], service.Query("SELECT (SELECT count(*) FROM messages), (SELECT count(*) FROM turns), (SELECT sum(message_count) FROM sessions)"));
    }

    [Fact(Timeout = 60_000)]
    public async Task It_happens_by_itself()
    {
        using var service = ServiceUnderTest.Start(("sessions:retainDays", "1"));
        var chat = new Conversation(service.Client);
        await chat.ExchangeAsync("old", "answer");

        while ((await chat.TextsAsync()).Length > 0)
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            service.Time.Advance(TimeSpan.FromHours(1));
        }

        Assert.True(service.Time.GetUtcNow() - service.Time.Start > TimeSpan.FromDays(1));
    }

    [Fact]
    public async Task Unless_a_time_is_configured_everything_is_kept()
    {
        using var service = ServiceUnderTest.Start();
        var chat = new Conversation(service.Client);
        var turnId = await chat.ExchangeAsync("old", "answer");
        service.Time.Advance(TimeSpan.FromDays(10_000));

        await service.Get<Retention>().DeleteAsync(Token);

        Assert.Equal(["old", "answer"], await chat.TextsAsync());
        Assert.Equal(Wire.TurnState.Delivered, await chat.DeliverAsync(turnId));
    }
}
