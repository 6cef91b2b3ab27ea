using System.Globalization;
using Grpc.Core;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Tests.Api;

public sealed class CompactionTests : IDisposable
{
    private readonly ServiceUnderTest _service = ServiceUnderTest.Start();
    private readonly Conversation _chat;

    public CompactionTests() => _chat = new Conversation(_service.Client);

    public void Dispose() => _service.Dispose();

    [Fact]
    public async Task The_older_half_is_replaced_by_its_summary_and_can_be_brought_back()
    {
        await ExchangeAsync(4);
        var begun = await _chat.BeginCompactionAsync();
        Assert.True(begun.Possible);
        Assert.Equal(["question 1", "answer 1", "question 2", "answer 2"], begun.Messages.Select(message => message.Content));
        Assert.Equal(8, begun.ContextMessages);

        var committed = await _chat.CommitCompactionAsync(begun, "They talked.");

        Assert.Equal(4, committed.ContextMessages);
        Assert.True(committed.ContextTokens < begun.ContextTokens);
        var context = await _chat.ContextAsync();
        Assert.Equal(["They talked.", "question 3", "answer 3", "question 4", "answer 4"], context.Messages.Select(message => message.Content));
        Assert.Equal(Wire.Role.System, context.Messages[0].Role);
        Assert.Equal((8, 4, 1), await CountersAsync());

        var undone = await _chat.UndoCompactionAsync();
        Assert.True(undone.Undone);
        Assert.Equal((8, begun.ContextTokens), (undone.ContextMessages, undone.ContextTokens));
        Assert.Equal("question 1", (await _chat.TextsAsync())[0]);
    }

    [Fact]
    public async Task A_second_compaction_summarizes_the_first_summary_too()
    {
        await ExchangeAsync(4);
        await _chat.CommitCompactionAsync(await _chat.BeginCompactionAsync(), "first summary");

        var begun = await _chat.BeginCompactionAsync();
        Assert.Equal(["first summary", "question 3", "answer 3"], begun.Messages.Select(message => message.Content));
        await _chat.CommitCompactionAsync(begun, "second summary");
        Assert.Equal(["second summary", "question 4", "answer 4"], await _chat.TextsAsync());

        await _chat.UndoCompactionAsync();
        Assert.Equal("first summary", (await _chat.TextsAsync())[0]);
    }

    [Fact]
    public async Task Committing_and_undoing_may_be_repeated()
    {
        await ExchangeAsync(4);
        await _chat.CommitCompactionAsync(await _chat.BeginCompactionAsync(), "first summary");
        var begun = await _chat.BeginCompactionAsync();

        var once = await _chat.CommitCompactionAsync(begun, "second summary");
        Assert.Equal(once, await _chat.CommitCompactionAsync(begun, "second summary"));
        Assert.Equal(["2"], _service.Query("SELECT count(*) FROM compactions"));

        var undone = await _chat.UndoCompactionAsync("undo");
        Assert.Equal(undone, await _chat.UndoCompactionAsync("undo"));
        Assert.Equal("first summary", (await _chat.TextsAsync())[0]);
        await _chat.UndoCompactionAsync();
        Assert.Equal("question 1", (await _chat.TextsAsync())[0]);
        Assert.False((await _chat.UndoCompactionAsync()).Undone);
    }

    [Fact]
    public async Task Messages_that_arrive_while_the_summary_is_written_keep_their_place()
    {
        await ExchangeAsync(4);
        var begun = await _chat.BeginCompactionAsync();
        var turnId = await _chat.SayAsync("meanwhile");
        await _chat.CommitCompactionAsync(begun, "summary");
        await _chat.CompleteAsync(turnId, "answered");

        Assert.Equal(["summary", "question 3", "answer 3", "question 4", "answer 4", "meanwhile", "answered"], await _chat.TextsAsync());
    }

    [Fact]
    public async Task A_range_stops_before_a_question_whose_answer_is_still_to_come()
    {
        await _chat.ExchangeAsync("question 1", "answer 1");
        var open = await _chat.SayAsync("slow question");
        await ExchangeAsync(4);

        var begun = await _chat.BeginCompactionAsync();
        Assert.Equal(["question 1", "answer 1"], begun.Messages.Select(message => message.Content));

        begun.LastMessageId = 2 * open;
        Assert.Equal(StatusCode.FailedPrecondition, (await Assert.ThrowsAsync<RpcException>(() => _chat.CommitCompactionAsync(begun, "summary"))).StatusCode);
    }

    [Fact]
    public async Task A_compaction_that_began_before_a_reset_no_longer_fits()
    {
        await ExchangeAsync(4);
        var begun = await _chat.BeginCompactionAsync();
        await _chat.ResetAsync();
        await ExchangeAsync(1);

        Assert.Equal(StatusCode.FailedPrecondition, (await Assert.ThrowsAsync<RpcException>(() => _chat.CommitCompactionAsync(begun, "summary"))).StatusCode);
        Assert.Equal(["question 1", "answer 1"], await _chat.TextsAsync());
    }

    [Fact]
    public async Task A_part_has_no_more_tokens_than_the_model_that_is_to_summarize_it_may_read()
    {
        // "question 1" has 3 tokens, "answer 1" 2.
        await ExchangeAsync(4);
        var half = await _chat.BeginCompactionAsync(maxTokens: 10);
        Assert.Equal((4, 10), (half.Messages.Count, half.Tokens));

        var quarter = await _chat.BeginCompactionAsync(maxTokens: 9);
        Assert.Equal(["question 1", "answer 1"], quarter.Messages.Select(message => message.Content));
        Assert.Equal(5, quarter.Tokens);
        Assert.False((await _chat.BeginCompactionAsync(maxTokens: 4)).Possible);

        await _chat.CommitCompactionAsync(quarter, "12345678");
        Assert.Equal(7, (await _chat.BeginCompactionAsync(maxTokens: 7)).Tokens);
        Assert.False((await _chat.BeginCompactionAsync(maxTokens: 6)).Possible);
    }

    [Fact]
    public async Task A_part_is_measured_in_tokens_as_the_provider_counts_them()
    {
        var turnId = await _chat.SayAsync(new string('x', 400));
        await _chat.CompleteAsync(turnId, "answer", promptTokens: 300, estimated: 100); // Learnt: twice as many.
        await _chat.DeliverAsync(turnId, 1);
        await ExchangeAsync(1);

        Assert.Equal(204, (await _chat.BeginCompactionAsync(maxTokens: 204)).Tokens);
        Assert.False((await _chat.BeginCompactionAsync(maxTokens: 203)).Possible);
    }

    [Fact]
    public async Task A_negative_number_of_tokens_is_refused() =>
        Assert.Equal(StatusCode.InvalidArgument, (await Assert.ThrowsAsync<RpcException>(() => _chat.BeginCompactionAsync(maxTokens: -1))).StatusCode);

    [Fact]
    public async Task Too_little_to_compact_is_said_so()
    {
        Assert.Equal(new Wire.BeginCompactionResponse(), await _chat.BeginCompactionAsync());
        await _chat.ExchangeAsync("question", "answer");
        Assert.Equal(new Wire.BeginCompactionResponse(), await _chat.BeginCompactionAsync());
        Assert.False((await _chat.UndoCompactionAsync()).Undone);
    }

    private async Task ExchangeAsync(int count)
    {
        for (var i = 1; i <= count; i++)
            await _chat.ExchangeAsync($"question {i}", $"answer {i}");
    }

    private async Task<(int Messages, int Context, int Compactions)> CountersAsync()
    {
        var session = await _chat.SessionAsync();
        return (session.MessageCount, session.ContextMessages, int.Parse(_service.Query("SELECT count(*) FROM compactions WHERE undone_at IS NULL")[0], CultureInfo.InvariantCulture));
    }
}
