namespace Clawdex.SessionService.Tests.Api;

public sealed class ConcurrencyTests : IDisposable
{
    private const int Clients = 64;

    private readonly ServiceUnderTest _service = ServiceUnderTest.Start();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _service.Dispose();

    [Fact]
    public async Task Sixty_four_clients_of_one_session_lose_nothing_and_each_keeps_its_order()
    {
        const int messages = 10;
        var chat = new Conversation(_service.Client);

        await Task.WhenAll(Enumerable.Range(0, Clients).Select(async client =>
        {
            for (var i = 0; i < messages; i++)
            {
                var turnId = (await chat.AcceptAsync($"{client}:{i}", sourceId: $"{client}:{i}")).Turn.TurnId;
                Assert.Equal($"{client}:{i}", (await chat.ContextAsync(turnId, maxMessages: 3)).Messages[^1].Content);
                await chat.ShowAsync(turnId, turnId);
                await chat.CompleteAsync(turnId, $"{client}:{i} answered");
                await chat.DeliverAsync(turnId);
            }
        }));

        var texts = (await chat.ContextAsync(maxMessages: 10_000)).Messages.Select(message => message.Content).ToArray();
        Assert.Equal(Clients * messages * 2, texts.Length);
        Assert.All(texts.Chunk(2), exchange => Assert.Equal($"{exchange[0]} answered", exchange[1]));
        for (var client = 0; client < Clients; client++)
        {
            Assert.Equal(
                Enumerable.Range(0, messages).Select(i => $"{client}:{i}"),
                texts.Where((text, index) => index % 2 == 0 && text.StartsWith($"{client}:", StringComparison.Ordinal)));
        }

        var session = await chat.SessionAsync();
        Assert.Equal((texts.Length, texts.Length, 0), (session.MessageCount, session.ContextMessages, await chat.OpenTurnsAsync()));
        Assert.Equal([$"{texts.Length}"], _service.Query("SELECT message_count FROM sessions"));
    }

    [Fact]
    public async Task Sixty_four_clients_of_a_thousand_sessions_lose_nothing_and_each_session_keeps_its_order()
    {
        var chats = Enumerable.Range(0, 1000).Select(id => new Conversation(_service.Client, $"{id}")).ToArray();

        await Parallel.ForEachAsync(
            chats,
            new ParallelOptions { MaxDegreeOfParallelism = Clients, CancellationToken = Token },
            async (chat, _) =>
            {
                await chat.ExchangeAsync("first", "first answered");
                await chat.ExchangeAsync("second", "second answered");
            });

        foreach (var chat in chats)
            Assert.Equal(["first", "first answered", "second", "second answered"], await chat.TextsAsync());
        Assert.Equal(["1000|4000|4000"], _service.Query("SELECT count(*), sum(message_count), (SELECT count(*) FROM messages) FROM sessions"));
    }

    [Fact]
    public async Task The_same_update_from_many_clients_at_once_is_one_message()
    {
        var chat = new Conversation(_service.Client);

        var accepted = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => chat.AcceptAsync("hello", sourceId: "42")));

        Assert.Single(accepted, answer => !answer.Duplicate);
        Assert.Single(accepted.Select(answer => answer.Turn.TurnId).Distinct());
        Assert.Equal(["hello"], await chat.TextsAsync());
    }
}
