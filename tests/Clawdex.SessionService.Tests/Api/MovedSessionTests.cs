using Grpc.Core;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Tests.Api;

/// <summary>A chat that gets a new number keeps what it has, in its topics as well.</summary>
public sealed class MovedSessionTests : IDisposable
{
    private readonly ServiceUnderTest _service = ServiceUnderTest.Start();

    public void Dispose() => _service.Dispose();

    [Fact]
    public async Task A_reset_that_is_delivered_again_after_a_move_deletes_nothing_newer()
    {
        var old = new Conversation(_service.Client, "-100");
        var moved = new Conversation(_service.Client, "-200");
        await old.ResetAsync("update-reset");
        await MoveAsync("-100", "-200");
        await moved.SayAsync("newer");

        await moved.ResetAsync("update-reset");

        Assert.Equal(["newer"], await moved.TextsAsync());
    }

    [Fact]
    public async Task A_chat_that_moves_takes_its_history_and_its_topics_along()
    {
        var group = new Conversation(_service.Client, "-100");
        var topic = new Conversation(_service.Client, "-100", ":topic:7");
        var stranger = new Conversation(_service.Client, "-1001");
        await group.ExchangeAsync("in the group", "answer");
        await topic.ExchangeAsync("in the topic", "answer");
        await stranger.ExchangeAsync("elsewhere", "answer");

        Assert.Equal(2, await MoveAsync("-100", "-200"));

        Assert.Equal(["in the group", "answer"], await new Conversation(_service.Client, "-200").TextsAsync());
        Assert.Equal(["in the topic", "answer"], await new Conversation(_service.Client, "-200", ":topic:7").TextsAsync());
        Assert.Equal(["elsewhere", "answer"], await stranger.TextsAsync());
        Assert.False((await group.SessionAsync()).Exists);
        Assert.Equal(0, await MoveAsync("-100", "-200"));
    }

    [Fact]
    public async Task A_chat_that_moves_onto_one_that_has_messages_is_merged_in_order()
    {
        var old = new Conversation(_service.Client, "-100");
        var moved = new Conversation(_service.Client, "-200");
        await old.SetModelAsync("openai/gpt-4o");
        await old.ExchangeAsync("before", "old answer");
        await moved.AcceptAsync("after", sourceId: "other");

        Assert.Equal(1, await MoveAsync("-100", "-200"));

        Assert.Equal(["before", "old answer", "after"], await moved.TextsAsync());
        var session = await moved.SessionAsync();
        Assert.Equal((3, "openai/gpt-4o", 1), (session.MessageCount, session.ModelOverride, await moved.OpenTurnsAsync()));
    }

    [Fact]
    public async Task A_turn_whose_chat_moves_has_its_context_under_the_old_key_too()
    {
        var old = new Conversation(_service.Client, "-100");
        await old.ExchangeAsync("before", "answer");
        var turn = await old.SayAsync("and now");
        await MoveAsync("-100", "-200");

        Assert.Equal(["before", "answer", "and now"], await old.TextsAsync(turn));
        Assert.Equal(StatusCode.NotFound, (await Assert.ThrowsAsync<RpcException>(() => old.TextsAsync())).StatusCode);
    }

    [Fact]
    public async Task The_messages_of_a_reply_that_is_under_way_are_not_those_of_the_same_numbers_in_the_new_chat()
    {
        var old = new Conversation(_service.Client, "-100");
        await old.ShowAsync(await old.SayAsync("under way"), 11, 12);
        await old.SayAsync("waits");

        await MoveAsync("-100", "-200");

        var open = await _service.Client.ListOpenTurnsAsync(new(), cancellationToken: TestContext.Current.CancellationToken);
        Assert.Equal([("under way", "0"), ("waits", "")], open.Turns.Select(turn => (turn.UserText, string.Join(',', turn.ReplyMessageIds))));
    }

    [Fact]
    public async Task A_merged_chats_open_question_is_answered_in_sight_though_the_other_history_was_compacted()
    {
        var old = new Conversation(_service.Client, "-100");
        var moved = new Conversation(_service.Client, "-200");
        var open = await old.AcceptAsync("still open", sourceId: "open");
        for (var i = 1; i <= 4; i++)
            await moved.ExchangeAsync($"question {i}", $"answer {i}");
        await moved.CommitCompactionAsync(await moved.BeginCompactionAsync(), "They talked.");

        await MoveAsync("-100", "-200");
        await moved.TextsAsync();
        await moved.CompleteAsync(open.Turn.TurnId, "now answered");

        Assert.Equal(["still open", "now answered", "question 1", "answer 1"], (await moved.TextsAsync()).Take(4));
        Assert.Equal(10, (await moved.SessionAsync()).ContextMessages);
    }

    [Fact]
    public async Task Whether_answers_may_be_rich_moves_with_the_chat_and_is_told_with_its_turns()
    {
        var moved = new Conversation(_service.Client, "-200");
        await new Conversation(_service.Client, "-100").SetRichAsync(true);
        await moved.SayAsync("after");
        Assert.False((await moved.SessionAsync()).HasRich);

        await MoveAsync("-100", "-200");

        Assert.True((await moved.SessionAsync()).Rich);
        Assert.True(Assert.Single((await _service.Client.ListOpenTurnsAsync(new(), cancellationToken: TestContext.Current.CancellationToken)).Turns).Rich);
    }

    private async Task<int> MoveAsync(string from, string to) =>
        (await _service.Client.MoveSessionAsync(
            new Wire.MoveSessionRequest { Channel = "telegram", FromChatId = from, ToChatId = to },
            cancellationToken: TestContext.Current.CancellationToken)).MovedSessions;
}
