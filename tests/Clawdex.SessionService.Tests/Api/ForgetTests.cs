using Grpc.Core;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Tests.Api;

/// <summary>A reset that keeps nothing: what stays behind tells updates that come again, and not whose they were.</summary>
public sealed class ForgetTests : IDisposable
{
    private readonly ServiceUnderTest _service = ServiceUnderTest.Start();
    private readonly Conversation _chat;

    public ForgetTests() => _chat = new Conversation(_service.Client);

    public void Dispose() => _service.Dispose();

    [Fact]
    public async Task Nothing_of_the_chat_is_left_and_other_chats_keep_all()
    {
        var other = new Conversation(_service.Client, "777");
        await other.ExchangeAsync("elsewhere", "answer");
        await _chat.SetModelAsync("openai/gpt-4o");
        for (var i = 0; i < 4; i++)
            await _chat.ExchangeAsync($"question {i}", $"answer {i}");
        await _chat.CommitCompactionAsync(await _chat.BeginCompactionAsync(), "They talked.");

        Assert.Equal(new Wire.ResetResponse { DeletedMessages = 8 }, await _chat.ForgetAsync());

        Assert.False((await _chat.SessionAsync()).Exists);
        Assert.Equal(["forgotten", other.Key], _service.Query("SELECT session_key FROM sessions ORDER BY session_key"));
        Assert.Equal(["2|0"], _service.Query("SELECT (SELECT count(*) FROM messages), (SELECT count(*) FROM compactions)"));
        Assert.Equal(
            ["0|[]||||0|0|"],
            _service.Query(
                """
                SELECT DISTINCT origin_message_id, reply_message_ids, error, detail, model, prompt_tokens, completion_tokens, trace_parent
                FROM turns WHERE session_id = (SELECT id FROM sessions WHERE session_key = 'forgotten')
                """));
        Assert.Equal(["elsewhere", "answer"], await other.TextsAsync());
    }

    [Fact]
    public async Task What_comes_next_is_a_new_session_that_begins_now()
    {
        await _chat.SetModelAsync("openai/gpt-4o");
        await _chat.ExchangeAsync("old", "answer");
        _service.Time.Advance(TimeSpan.FromDays(3));
        await _chat.ForgetAsync();

        await _chat.SayAsync("new");

        Assert.Equal(["new"], await _chat.TextsAsync());
        var session = await _chat.SessionAsync();
        Assert.Equal(("", 1, _service.Time.GetUtcNow().ToUnixTimeMilliseconds()), (session.ModelOverride, session.MessageCount, session.CreatedAtUnixMs));
    }

    [Fact]
    public async Task An_update_that_is_delivered_again_is_a_duplicate_and_brings_no_session_back()
    {
        await _chat.ForgetAsync("update-of-an-empty-chat");
        var accepted = await _chat.AcceptAsync("once", sourceId: "update-once");
        await _chat.ResetAsync("update-reset");
        await _chat.ForgetAsync();

        var again = await _chat.AcceptAsync("once", sourceId: "update-once");

        Assert.Equal((true, accepted.Turn.TurnId, Wire.TurnState.Cancelled, ""), (again.Duplicate, again.Turn.TurnId, again.Turn.State, again.Turn.UserText));
        Assert.True((await _chat.ResetAsync("update-reset")).Duplicate);
        Assert.True((await _chat.ForgetAsync("update-of-an-empty-chat")).Duplicate);
        Assert.False((await _chat.SessionAsync()).Exists);
    }

    [Fact]
    public async Task Delivered_again_it_deletes_nothing_newer()
    {
        await _chat.ExchangeAsync("old", "answer");
        await _chat.ForgetAsync();
        await _chat.SetModelAsync("openai/gpt-4o");
        await _chat.SayAsync("newer");

        Assert.Equal(new Wire.ResetResponse { Duplicate = true }, await _chat.ForgetAsync());

        Assert.Equal(["newer"], await _chat.TextsAsync());
        Assert.Equal("openai/gpt-4o", (await _chat.SessionAsync()).ModelOverride);
    }

    [Fact]
    public async Task What_waits_or_runs_is_cancelled_and_who_works_on_it_is_refused()
    {
        var running = await _chat.SayAsync("running");
        await _chat.ShowAsync(running, 501);
        var answered = await _chat.SayAsync("answered");
        await _chat.CompleteAsync(answered, "answer");
        var waiting = await _chat.SayAsync("waiting");

        await _chat.ForgetAsync();

        Assert.Empty((await _service.Client.ListOpenTurnsAsync(new Wire.ListOpenTurnsRequest(), cancellationToken: TestContext.Current.CancellationToken)).Turns);
        Assert.Equal(StatusCode.FailedPrecondition, await StatusOfAsync(() => _chat.CompleteAsync(running, "too late")));
        Assert.Equal(StatusCode.FailedPrecondition, await StatusOfAsync(() => _chat.ShowAsync(running, 102)));
        Assert.Equal(StatusCode.FailedPrecondition, await StatusOfAsync(() => _chat.ContextAsync(waiting)));
        Assert.Equal(Wire.TurnState.Cancelled, await _chat.DeliverAsync(answered));
        Assert.False((await _chat.SessionAsync()).Exists);
    }

    [Fact]
    public async Task What_told_duplicates_goes_with_the_next_one_that_is_forgotten_a_day_later()
    {
        await _chat.ExchangeAsync("old", "answer");
        await _chat.ForgetAsync("first");
        _service.Time.Advance(TimeSpan.FromHours(25));

        await new Conversation(_service.Client, "777").ForgetAsync("second");

        Assert.Equal(["second"], _service.Query("SELECT source_id FROM turns"));
    }

    private static async Task<StatusCode> StatusOfAsync(Func<Task> call) => (await Assert.ThrowsAsync<RpcException>(call)).StatusCode;
}
