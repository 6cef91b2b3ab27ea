using Clawdex.SessionService.History;
using Clawdex.SessionService.Tests.Api;
using Clawdex.Testing;

namespace Clawdex.SessionService.Tests.History;

public sealed class HistoryCacheTests
{
    [Fact]
    public async Task A_second_read_does_not_touch_the_disk()
    {
        using var service = ServiceUnderTest.Start();
        var chat = new Conversation(service.Client);
        await chat.SayAsync("from the disk");
        await chat.TextsAsync();
        ChangeBehindTheServicesBack(service, "UPDATE messages SET content = 'changed'");

        Assert.Equal(["from the disk"], await chat.TextsAsync());
    }

    [Fact]
    public async Task A_conversation_that_goes_on_is_read_from_the_disk_once()
    {
        using var directory = new TemporaryDirectory();
        using var queries = new QueryObserver(directory["clawdex.db"]);
        using var service = ServiceUnderTest.StartOn(directory["clawdex.db"]);
        var chat = new Conversation(service.Client);
        for (var turn = 1; turn <= 40; turn++)
        {
            var turnId = await chat.SayAsync($"question {turn}");
            Assert.Equal($"question {turn}", (await chat.TextsAsync(turnId))[^1]);
            await chat.CompleteAsync(turnId, $"answer {turn}");
            await chat.DeliverAsync(turnId, turn);
        }

        Assert.Equal("answer 40", (await chat.TextsAsync())[^1]);
        Assert.Equal(1, queries.CountOf("FROM messages"));
    }

    [Fact]
    public async Task A_commit_is_seen_by_the_next_read_however_many_read_meanwhile()
    {
        using var service = ServiceUnderTest.Start();
        var chat = new Conversation(service.Client);
        var cache = service.Get<HistoryCache>();

        for (var i = 1; i <= 100; i++)
        {
            var meanwhile = Enumerable.Range(0, 8).Select(_ => cache.GetAsync(chat.Key, depth: 64, TestContext.Current.CancellationToken).AsTask()).ToArray();
            await chat.SayAsync($"message {i}");
            Assert.Equal($"message {i}", (await chat.TextsAsync())[^1]);
            await Task.WhenAll(meanwhile);
        }
    }

    [Fact]
    public async Task A_session_that_is_not_used_leaves_the_memory_and_is_loaded_again_when_it_is()
    {
        using var service = ServiceUnderTest.Start(("sessions:idleMinutes", "10"));
        var cache = service.Get<HistoryCache>();
        var busy = new Conversation(service.Client, "1");
        var idle = new Conversation(service.Client, "2");
        await busy.SayAsync("busy");
        await idle.SayAsync("idle");
        await busy.TextsAsync();
        await idle.TextsAsync();

        service.Time.Advance(TimeSpan.FromMinutes(9));
        Assert.Equal(2, cache.Held.Count);
        await busy.TextsAsync();
        service.Time.Advance(TimeSpan.FromMinutes(1));

        Assert.Equal([busy.Key], cache.Held.Select(history => history.Session.SessionKey));
        Assert.Equal(["idle"], await idle.TextsAsync());
        service.Time.Advance(TimeSpan.FromMinutes(10));
        Assert.Empty(cache.Held);
    }

    [Fact]
    public async Task The_memory_is_bounded_and_the_least_recently_used_session_goes_first()
    {
        using var service = ServiceUnderTest.Start(("sessions:cacheMegabytes", "1"));
        var cache = service.Get<HistoryCache>();
        var chats = Enumerable.Range(1, 8).Select(id => new Conversation(service.Client, $"{id}")).ToArray();
        foreach (var chat in chats)
        {
            await chat.SayAsync(new string('x', 100_000));
            await chat.TextsAsync();
            await chats[0].TextsAsync();
        }

        Assert.InRange(cache.Held.Sum(history => history.Bytes), 1, 1024 * 1024);
        Assert.Equal(["1", "8", "7", "6", "5"], cache.Held.Select(history => history.Session.ChatId));
    }

    [Fact]
    public async Task A_session_that_is_larger_than_the_memory_is_answered_and_not_kept()
    {
        using var service = ServiceUnderTest.Start(("sessions:cacheMegabytes", "1"));
        var chat = new Conversation(service.Client);
        await chat.SayAsync(new string('x', 900_000));

        Assert.Equal(900_000, (await chat.TextsAsync())[0].Length);
        Assert.Empty(service.Get<HistoryCache>().Held);
    }

    [Fact]
    public async Task Many_readers_of_one_session_load_it_once()
    {
        using var directory = new TemporaryDirectory();
        using var queries = new QueryObserver(directory["clawdex.db"]);
        using var service = ServiceUnderTest.StartOn(directory["clawdex.db"]);
        var chat = new Conversation(service.Client);
        await chat.SayAsync("hello");

        await Task.WhenAll(Enumerable.Range(0, 64).Select(_ => chat.TextsAsync()));

        Assert.Equal(1, queries.CountOf("FROM messages"));
    }

    [Fact]
    public async Task A_load_that_fails_is_tried_again_by_the_next_reader()
    {
        using var service = ServiceUnderTest.Start();
        var chat = new Conversation(service.Client);
        await chat.SayAsync("hello");
        ChangeBehindTheServicesBack(service, "UPDATE messages SET role = 'nobody'");
        await Assert.ThrowsAsync<Grpc.Core.RpcException>(() => chat.TextsAsync());

        ChangeBehindTheServicesBack(service, "UPDATE messages SET role = 'user'");
        Assert.Equal(["hello"], await chat.TextsAsync());
    }

    private static void ChangeBehindTheServicesBack(ServiceUnderTest service, string sql) => service.Query(sql);
}
