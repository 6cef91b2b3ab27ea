using System.Globalization;
using Grpc.Core;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Tests.Api;

public sealed class TurnTests : IDisposable
{
    private readonly ServiceUnderTest _service = ServiceUnderTest.Start();
    private readonly Conversation _chat;

    public TurnTests() => _chat = new Conversation(_service.Client);

    public void Dispose() => _service.Dispose();

    [Fact]
    public async Task Each_change_of_a_session_or_of_what_is_open_in_it_makes_its_version_grow_by_one()
    {
        var (first, second, third) = (await _chat.SayAsync("1"), await _chat.SayAsync("2"), await _chat.SayAsync("3"));
        Assert.Equal(3, Version());

        await _chat.CompleteAsync(first, "answer");
        Assert.Equal(4, Version());
        await _chat.DeliverAsync(first, 101);
        Assert.Equal(5, Version());
        await _chat.FailAsync(second);
        Assert.Equal(6, Version());
        await _chat.FailAsync(third, Wire.FinishReason.Cancelled);
        Assert.Equal(7, Version());

        // What took effect before changes nothing.
        await _chat.DeliverAsync(first, 101);
        await _chat.FailAsync(second);
        Assert.Equal(7, Version());

        int Version() => int.Parse(Assert.Single(_service.Query("SELECT version FROM sessions")), CultureInfo.InvariantCulture);
    }

    [Fact]
    public async Task A_turn_goes_from_accepted_over_streaming_and_answered_to_delivered()
    {
        var turnId = await _chat.SayAsync("question");

        Assert.Equal(Wire.TurnState.Streaming, await _chat.ShowAsync(turnId, 501));
        Assert.Equal(Wire.TurnState.Answered, await _chat.CompleteAsync(turnId, "answer"));
        Assert.Equal(Wire.TurnState.Delivered, await _chat.DeliverAsync(turnId, 501, 502));
        Assert.Equal(["[501,502]"], _service.Query("SELECT reply_message_ids FROM turns"));
        Assert.Empty(await OpenTurnsAsync());
    }

    [Fact]
    public async Task Every_call_of_a_turn_may_be_repeated_and_answers_the_current_state()
    {
        var turnId = await _chat.SayAsync("question");

        await _chat.ShowAsync(turnId, 501);
        Assert.Equal(Wire.TurnState.Streaming, await _chat.ShowAsync(turnId, 501));
        await _chat.CompleteAsync(turnId, "answer");
        Assert.Equal(Wire.TurnState.Answered, await _chat.CompleteAsync(turnId, "answer"));
        await _chat.DeliverAsync(turnId, 501);
        Assert.Equal(Wire.TurnState.Delivered, await _chat.DeliverAsync(turnId, 501));
        Assert.Equal(Wire.TurnState.Delivered, await _chat.CompleteAsync(turnId, "answer"));
        Assert.Equal(Wire.TurnState.Delivered, await _chat.ShowAsync(turnId, 501));
        Assert.Equal(["question", "answer"], await _chat.TextsAsync());
        Assert.Equal(2, (await _chat.SessionAsync()).MessageCount);
    }

    [Theory]
    [InlineData("Stop", "Delivered")]
    [InlineData("Length", "Delivered")]
    [InlineData("ContentFilter", "Delivered")]
    [InlineData("Cancelled", "Cancelled")]
    [InlineData("Interrupted", "Interrupted")]
    public async Task A_shown_answer_settles_by_its_finish_reason(string reason, string settled)
    {
        var turnId = await _chat.SayAsync("question");
        await _chat.CompleteAsync(turnId, "half an ans", Enum.Parse<Wire.FinishReason>(reason));

        Assert.Equal(Enum.Parse<Wire.TurnState>(settled), await _chat.DeliverAsync(turnId, 501));
        Assert.Equal(["question", "half an ans"], await _chat.TextsAsync());
    }

    [Theory]
    [InlineData("Unspecified", "Failed")]
    [InlineData("Cancelled", "Cancelled")]
    [InlineData("Interrupted", "Interrupted")]
    public async Task A_failed_turn_settles_and_leaves_nothing_in_the_history(string reason, string settled)
    {
        var turnId = await _chat.SayAsync("question");

        Assert.Equal(Enum.Parse<Wire.TurnState>(settled), await _chat.FailAsync(turnId, Enum.Parse<Wire.FinishReason>(reason)));
        Assert.Equal(Enum.Parse<Wire.TurnState>(settled), await _chat.FailAsync(turnId, Enum.Parse<Wire.FinishReason>(reason)));
        Assert.Equal(["question"], await _chat.TextsAsync());
        Assert.Empty(await OpenTurnsAsync());
    }

    [Fact]
    public async Task A_step_that_the_turn_cannot_take_is_refused()
    {
        var turnId = await _chat.SayAsync("question");

        Assert.Equal(StatusCode.FailedPrecondition, (await Assert.ThrowsAsync<RpcException>(() => _chat.DeliverAsync(turnId, 501))).StatusCode);
        await _chat.FailAsync(turnId);
        Assert.Equal(StatusCode.FailedPrecondition, (await Assert.ThrowsAsync<RpcException>(() => _chat.CompleteAsync(turnId, "late"))).StatusCode);
        Assert.Equal(["question"], await _chat.TextsAsync());
    }

    [Fact]
    public async Task A_turn_that_does_not_exist_is_not_found()
    {
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(() => _chat.CompleteAsync(99, "answer"))).StatusCode);
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(() => _chat.ShowAsync(99, 1))).StatusCode);
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(() => _chat.FailAsync(99))).StatusCode);
    }

    [Fact]
    public async Task Open_turns_are_listed_oldest_first_with_all_that_a_gateway_needs_to_settle_them()
    {
        var first = await _chat.SayAsync("first");
        var second = await _chat.SayAsync("second");
        await _chat.ExchangeAsync("third", "settled");
        await _chat.ShowAsync(first, 501);
        await _chat.CompleteAsync(first, "answer", Wire.FinishReason.Length);

        var open = await OpenTurnsAsync();

        Assert.Equal([first, second], open.Select(turn => turn.TurnId));
        Assert.Equal(
            new Wire.Turn
            {
                TurnId = first,
                Session = _chat.Id,
                State = Wire.TurnState.Answered,
                UserText = "first",
                OriginMessageId = 7,
                ReplyMessageIds = { 501 },
                AnswerText = "answer",
                FinishReason = Wire.FinishReason.Length,
                AcceptedAtUnixMs = _service.Time.GetUtcNow().ToUnixTimeMilliseconds(),
                TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            },
            open[0]);
        Assert.Equal([second], (await OpenTurnsAsync(after: first)).Select(turn => turn.TurnId));
    }

    [Fact]
    public async Task An_answer_belongs_behind_its_question_even_if_a_newer_one_was_accepted_meanwhile()
    {
        var first = await _chat.SayAsync("first question");
        var second = await _chat.SayAsync("second question");

        Assert.Equal(["first question"], await _chat.TextsAsync(first));
        await _chat.CompleteAsync(first, "first answer");

        Assert.Equal(["first question", "first answer", "second question"], await _chat.TextsAsync(second));
    }

    [Fact]
    public async Task An_empty_answer_settles_the_turn_and_adds_no_message()
    {
        var turnId = await _chat.SayAsync("question");

        Assert.Equal(Wire.TurnState.Answered, await _chat.CompleteAsync(turnId, "", Wire.FinishReason.Cancelled));
        Assert.Equal(Wire.TurnState.Cancelled, await _chat.DeliverAsync(turnId));
        Assert.Equal(["question"], await _chat.TextsAsync());
    }

    [Fact]
    public async Task The_messages_of_the_newest_turns_are_listed_settled_or_not()
    {
        var settled = await _chat.ExchangeAsync("first", "answer");
        var other = await new Conversation(_service.Client, "-10012345", ":topic:7").SayAsync("second");
        var open = await _chat.SayAsync("third");
        await _chat.ShowAsync(open, 501, 0);

        var recent = (await RecentAsync("telegram", 0)).Select(turn => $"{turn.TurnId} {turn.SessionKey} {turn.OriginMessageId} {string.Join(',', turn.ReplyMessageIds)}");

        Assert.Equal([$"{open} telegram:12345 7 501,0", $"{other} telegram:-10012345:topic:7 7 ", $"{settled} telegram:12345 7 {100 + settled}"], recent);
        Assert.Equal([open, other], (await RecentAsync("telegram", 2)).Select(turn => turn.TurnId));
        Assert.Empty(await RecentAsync("discord", 0));
        var error = await Assert.ThrowsAsync<RpcException>(() => RecentAsync("telegram", 1001));
        Assert.Equal(StatusCode.InvalidArgument, error.StatusCode);
    }

    private async Task<IReadOnlyList<Wire.TurnMessages>> RecentAsync(string channel, int turns) =>
        (await _service.Client.ListRecentMessagesAsync(
            new Wire.ListRecentMessagesRequest { Channel = channel, Turns = turns }, cancellationToken: TestContext.Current.CancellationToken)).Turns;

    private async Task<IReadOnlyList<Wire.Turn>> OpenTurnsAsync(long after = 0) =>
        (await _service.Client.ListOpenTurnsAsync(
            new Wire.ListOpenTurnsRequest { AfterTurnId = after }, cancellationToken: TestContext.Current.CancellationToken)).Turns;
}
