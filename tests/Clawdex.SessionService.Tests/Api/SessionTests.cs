using Clawdex.Testing;
using Grpc.Core;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Tests.Api;

public sealed class SessionTests : IDisposable
{
    private readonly ServiceUnderTest _service = ServiceUnderTest.Start();
    private readonly Conversation _chat;

    public SessionTests() => _chat = new Conversation(_service.Client);

    public void Dispose() => _service.Dispose();

    [Fact]
    public async Task A_session_that_nobody_wrote_to_does_not_exist() => Assert.False((await _chat.SessionAsync()).Exists);

    [Fact]
    public async Task A_session_tells_its_counters()
    {
        await _chat.ExchangeAsync("12345678", "1234");
        _service.Time.Advance(TimeSpan.FromMinutes(3));
        await _chat.SayAsync("1234");

        var session = await _chat.SessionAsync();

        Assert.Equal(
            new Wire.GetSessionResponse
            {
                Exists = true,
                MessageCount = 3,
                CreatedAtUnixMs = _service.Time.GetUtcNow().ToUnixTimeMilliseconds() - 180_000,
                ContextTokens = 4,
                ContextMessages = 3,
                LastTraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                LastModel = "gemini/gemini-2.5-flash",
            },
            session);
    }

    [Fact]
    public async Task A_conversation_tells_what_its_turns_cost_and_a_reset_begins_at_nothing()
    {
        var (first, failed) = (await _chat.SayAsync("question"), await _chat.SayAsync("another"));
        await _service.Client.CompleteTurnAsync(new() { TurnId = first, Text = "answer", Model = "m", Tokens = 10, CostMicrodollars = 1500 }, cancellationToken: TestContext.Current.CancellationToken);
        await _service.Client.CompleteTurnAsync(new() { TurnId = first, Text = "answer", Model = "m", Tokens = 10, CostMicrodollars = 1500 }, cancellationToken: TestContext.Current.CancellationToken);
        await _chat.DeliverAsync(first);
        await _service.Client.FailTurnAsync(new() { TurnId = failed, Error = "unavailable", Tokens = 1, CostMicrodollars = 20 }, cancellationToken: TestContext.Current.CancellationToken);
        await _chat.UndoAsync();
        Assert.Equal(1520, (await _chat.SessionAsync()).CostMicrodollars);

        await _chat.ResetAsync();
        Assert.Equal(0, (await _chat.SessionAsync()).CostMicrodollars);
        await _chat.ExchangeAsync("anew", "answer");
        Assert.Equal(0, (await _chat.SessionAsync()).CostMicrodollars);
    }

    [Fact]
    public async Task A_session_names_the_model_of_its_newest_answer_whether_it_is_held_in_memory_or_read_again()
    {
        using var directory = new TemporaryDirectory();
        using (var service = ServiceUnderTest.StartOn(directory["clawdex.db"]))
        {
            var chat = new Conversation(service.Client);
            foreach (var model in (string[])["openai/gpt-4o", "openai/gpt-4o-mini"])
                await chat.CompleteAsync(await chat.SayAsync("question"), "answer", model: model);
            await chat.SayAsync("one more question");
            Assert.Equal("openai/gpt-4o-mini", (await chat.SessionAsync()).LastModel);
        }

        using var restarted = ServiceUnderTest.StartOn(directory["clawdex.db"]);
        var again = new Conversation(restarted.Client);
        Assert.Equal("openai/gpt-4o-mini", (await again.SessionAsync()).LastModel);
        await again.ResetAsync();
        Assert.Equal("", (await again.SessionAsync()).LastModel);
    }

    [Fact]
    public async Task A_model_is_set_before_the_first_message_and_cleared_again()
    {
        await _chat.SetModelAsync("openai/gpt-4o");
        Assert.Equal("openai/gpt-4o", (await _chat.SessionAsync()).ModelOverride);

        await _chat.SetModelAsync("");
        Assert.Equal("", (await _chat.SessionAsync()).ModelOverride);
    }

    [Fact]
    public async Task Whether_answers_may_be_rich_is_set_before_the_first_message_cleared_again_and_forgotten_with_the_session()
    {
        await _chat.SetRichAsync(true);
        Assert.True((await _chat.SessionAsync()).Rich);
        await _chat.SetRichAsync(false);
        Assert.True(await _chat.SessionAsync() is { HasRich: true, Rich: false });
        await _chat.SetRichAsync(null);
        Assert.False((await _chat.SessionAsync()).HasRich);

        await _chat.SetRichAsync(true);
        await _chat.ForgetAsync();
        await _chat.SayAsync("again");

        Assert.False((await _chat.SessionAsync()).HasRich);
    }

    [Fact]
    public async Task A_session_names_the_trace_of_its_newest_turn_even_after_a_restart()
    {
        using var directory = new TemporaryDirectory();
        foreach (var isRestarted in (bool[])[false, true])
        {
            using var service = ServiceUnderTest.StartOn(directory["clawdex.db"]);
            var session = new Wire.SessionId { SessionKey = "telegram:7", Channel = "telegram", ChatId = "7" };
            if (!isRestarted)
            {
                foreach (var trace in (string[])["00-1111-01", "00-2222-01"])
                    await service.Client.AcceptMessageAsync(new() { Session = session, SourceId = trace, Text = "hello", OriginMessageId = 1, TraceParent = trace }, cancellationToken: TestContext.Current.CancellationToken);
            }

            var answer = await service.Client.GetSessionAsync(new() { SessionKey = "telegram:7" }, cancellationToken: TestContext.Current.CancellationToken);
            Assert.Equal("00-2222-01", answer.LastTraceParent);
        }
    }

    [Fact]
    public async Task A_reset_deletes_messages_and_compactions_and_keeps_the_model()
    {
        await _chat.SetModelAsync("openai/gpt-4o");
        for (var i = 0; i < 3; i++)
            await _chat.ExchangeAsync($"question {i}", $"answer {i}");
        await _chat.CommitCompactionAsync(await _chat.BeginCompactionAsync(), "summary");

        Assert.Equal(6, await _chat.ResetAsync());

        var session = await _chat.SessionAsync();
        Assert.Equal((0, 0, 0, "openai/gpt-4o"), (session.MessageCount, session.ContextMessages, session.ContextTokens, session.ModelOverride));
        Assert.Empty(await _chat.TextsAsync());
        Assert.Equal(0, await _chat.ResetAsync());
        // Three answers and two resets.
        Assert.Equal(["0|0|5"], _service.Query("SELECT (SELECT count(*) FROM messages), (SELECT count(*) FROM compactions), (SELECT count(*) FROM turns)"));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_reset_that_is_delivered_again_deletes_nothing_newer(bool hasHistory)
    {
        if (hasHistory)
            await _chat.ExchangeAsync("question", "answer");
        Assert.Equal(new Wire.ResetResponse { DeletedMessages = hasHistory ? 2 : 0 }, await _chat.ResetAsync("update-reset"));
        var turnId = await _chat.SayAsync("newer");

        Assert.Equal(new Wire.ResetResponse { Duplicate = true }, await _chat.ResetAsync("update-reset"));

        Assert.Equal(["newer"], await _chat.TextsAsync(turnId));
        await _chat.CompleteAsync(turnId, "answered");
        Assert.Equal(["newer", "answered"], await _chat.TextsAsync());
        var session = await _chat.SessionAsync();
        Assert.Equal((2, 1), (session.MessageCount, await _chat.OpenTurnsAsync()));
    }

    [Fact]
    public async Task A_reset_deletes_the_turns_whose_updates_telegram_no_longer_keeps()
    {
        await _chat.ExchangeAsync("long ago", "answer");
        var open = await _chat.SayAsync("never answered");
        _service.Time.Advance(TimeSpan.FromHours(24));
        var recent = await _chat.ExchangeAsync("recent", "answer");
        _service.Time.Advance(TimeSpan.FromHours(1));

        await _chat.ResetAsync();

        Assert.Equal([$"{open}", $"{recent}"], _service.Query("SELECT id FROM turns WHERE source_id LIKE 'update-%' ORDER BY id"));
        Assert.Equal(["never answered"], await _chat.TextsAsync(open));
    }

    [Fact]
    public async Task A_reset_that_does_not_name_its_update_is_refused()
    {
        var refused = await Assert.ThrowsAsync<RpcException>(() => _chat.ResetAsync(""));

        Assert.Equal((StatusCode.InvalidArgument, "source_id is empty"), (refused.StatusCode, refused.Status.Detail));
    }

    [Fact]
    public async Task A_reply_under_way_survives_a_reset_and_stays_out_of_the_new_history()
    {
        await _chat.ExchangeAsync("before", "old");
        var turnId = await _chat.SayAsync("question");
        await _chat.ShowAsync(turnId, 501);
        await _chat.ResetAsync();

        Assert.Equal(["question"], await _chat.TextsAsync(turnId));
        Assert.Equal(Wire.TurnState.Answered, await _chat.CompleteAsync(turnId, "answer"));
        var open = Assert.Single((await _service.Client.ListOpenTurnsAsync(new Wire.ListOpenTurnsRequest(), cancellationToken: TestContext.Current.CancellationToken)).Turns);
        Assert.Equal(("question", "answer"), (open.UserText, open.AnswerText));
        Assert.Equal(Wire.TurnState.Delivered, await _chat.DeliverAsync(turnId, 501));

        Assert.Empty(await _chat.TextsAsync());
        Assert.Equal(0, (await _chat.SessionAsync()).MessageCount);
        Assert.Equal(["0"], _service.Query("SELECT count(*) FROM turns WHERE detached_user_text IS NOT NULL OR detached_answer_text IS NOT NULL"));
    }

    [Fact]
    public async Task A_conversation_is_still_there_after_a_restart()
    {
        using var directory = new TemporaryDirectory();
        var path = directory["clawdex.db"];
        await using (File.Create(path))
        {
            // The toolkit's hosting side creates an empty file before the service starts.
        }

        using (var first = ServiceUnderTest.StartOn(path))
        {
            var chat = new Conversation(first.Client);
            await chat.SetModelAsync("openai/gpt-4o");
            await chat.ExchangeAsync("question", "answer");
        }

        using var second = ServiceUnderTest.StartOn(path);
        var again = new Conversation(second.Client);
        Assert.Equal(["question", "answer"], await again.TextsAsync());
        Assert.Equal("openai/gpt-4o", (await again.SessionAsync()).ModelOverride);
    }
}
