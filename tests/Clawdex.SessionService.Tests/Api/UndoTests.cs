using Grpc.Core;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Tests.Api;

/// <summary>What is taken back stays stored, and is no part of the conversation any more.</summary>
public sealed class UndoTests : IDisposable
{
    private readonly ServiceUnderTest _service = ServiceUnderTest.Start();
    private readonly Conversation _chat;

    public UndoTests() => _chat = new Conversation(_service.Client);

    public void Dispose() => _service.Dispose();

    [Fact]
    public async Task An_undo_takes_the_last_question_and_its_answer_back_and_keeps_them()
    {
        await _chat.ExchangeAsync("first question", "first answer");
        await _chat.ExchangeAsync("second question", "second answer");
        await _chat.TextsAsync();

        var undone = await _chat.UndoAsync();

        Assert.Equal((2, "second question"), (undone.Messages, undone.UserText));
        Assert.Equal(["first question", "first answer"], await _chat.TextsAsync());
        Assert.Equal((2, 2), await CountersAsync());
        Assert.Equal(["4"], _service.Query("SELECT count(*) FROM messages"));
    }

    [Fact]
    public async Task Delivered_twice_it_undoes_once_and_says_the_same()
    {
        await _chat.ExchangeAsync("first question", "first answer");
        await _chat.ExchangeAsync("second question", "second answer");

        var undone = await _chat.UndoAsync("undo");

        Assert.Equal(undone, await _chat.UndoAsync("undo"));
        Assert.Equal(["first question", "first answer"], await _chat.TextsAsync());
    }

    [Fact]
    public async Task Where_there_is_nothing_a_later_delivery_of_the_same_command_undoes_nothing_either()
    {
        Assert.Equal(0, (await _chat.UndoAsync("undo")).Messages);
        await _chat.ExchangeAsync("a question", "an answer");

        Assert.Equal(0, (await _chat.UndoAsync("undo")).Messages);
        Assert.Equal(["a question", "an answer"], await _chat.TextsAsync());
    }

    [Fact]
    public async Task While_an_answer_is_to_come_nothing_is_taken_back()
    {
        await _chat.ExchangeAsync("first question", "first answer");
        await _chat.SayAsync("second question");

        Assert.Equal(StatusCode.FailedPrecondition, (await Assert.ThrowsAsync<RpcException>(() => _chat.UndoAsync())).StatusCode);
        Assert.Equal(StatusCode.FailedPrecondition, (await Assert.ThrowsAsync<RpcException>(() => _chat.RetryAsync())).StatusCode);
        Assert.Equal(["first question", "first answer", "second question"], await _chat.TextsAsync());
    }

    [Fact]
    public async Task What_was_never_answered_by_itself_goes_with_the_question_that_came_next()
    {
        await _chat.ExchangeAsync("first question", "first answer");
        await _chat.FailAsync(await _chat.SayAsync("the beginning of a long question"), Wire.FinishReason.Cancelled);
        await _chat.ExchangeAsync("and its end", "second answer");

        var undone = await _chat.UndoAsync();

        Assert.Equal((3, "the beginning of a long question"), (undone.Messages, undone.UserText));
        Assert.Equal(["first question", "first answer"], await _chat.TextsAsync());
    }

    [Fact]
    public async Task What_is_summarized_is_not_taken_back()
    {
        foreach (var i in new[] { 1, 2, 3, 4 })
            await _chat.ExchangeAsync($"question {i}", $"answer {i}");
        await _chat.CommitCompactionAsync(await _chat.BeginCompactionAsync(), "summary");

        Assert.Equal("question 4", (await _chat.UndoAsync()).UserText);
        Assert.Equal("question 3", (await _chat.UndoAsync()).UserText);
        Assert.Equal(0, (await _chat.UndoAsync()).Messages);
        Assert.Equal(["summary"], await _chat.TextsAsync());
        await _chat.UndoCompactionAsync();
        Assert.Equal(["question 1", "answer 1", "question 2", "answer 2"], await _chat.TextsAsync());
    }

    [Fact]
    public async Task A_retry_takes_the_place_of_the_last_question_with_the_messages_of_its_answer()
    {
        await _chat.ExchangeAsync("first question", "first answer");
        var former = await _chat.ExchangeAsync("second question", "second answer");
        await _chat.TextsAsync();

        var retried = await _chat.RetryAsync("retry");

        Assert.Equal(("second question", 7, Wire.TurnState.Accepted), (retried.Turn.UserText, retried.Turn.OriginMessageId, retried.Turn.State));
        Assert.Equal([100 + former], retried.Turn.ReplyMessageIds);
        Assert.Equal(["first question", "first answer", "second question"], await _chat.TextsAsync());
        Assert.Equal((3, 3), await CountersAsync());
        var again = await _chat.RetryAsync("retry");
        Assert.True(again.Duplicate);
        Assert.Equal(retried.Turn.TurnId, again.Turn.TurnId);
        await _chat.CompleteAsync(retried.Turn.TurnId, "another answer");
        await _chat.DeliverAsync(retried.Turn.TurnId);
        Assert.Equal(["first question", "first answer", "second question", "another answer"], await _chat.TextsAsync());
    }

    [Fact]
    public async Task Without_a_question_there_is_nothing_to_retry() =>
        Assert.Equal(StatusCode.FailedPrecondition, (await Assert.ThrowsAsync<RpcException>(() => _chat.RetryAsync())).StatusCode);

    [Fact]
    public async Task What_was_taken_back_is_deleted_by_a_reset()
    {
        await _chat.ExchangeAsync("a secret", "an answer");
        await _chat.UndoAsync();

        await _chat.ResetAsync();

        Assert.Equal(["0"], _service.Query("SELECT count(*) FROM messages"));
    }

    private async Task<(int, int)> CountersAsync()
    {
        var session = await _chat.SessionAsync();
        return (session.MessageCount, session.ContextMessages);
    }
}
