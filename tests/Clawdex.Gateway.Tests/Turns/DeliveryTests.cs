using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;
using Clawdex.TelegramEmulator.Control;
using Clawdex.TelegramEmulator.Faults;

namespace Clawdex.Gateway.Tests.Turns;

/// <summary>Telegram takes some calls badly while an answer is shown (cases 17 to 35 of the wire formats' list).</summary>
public sealed class DeliveryTests(SharedGateway shared)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_message_that_the_user_deletes_meanwhile_is_replaced_by_one_with_the_complete_text()
    {
        var gate = new Gate();
        Script("delete mine", gate, "One ", "two ", "three.");
        var chat = await shared.Gateway.ChatAsync();
        await chat.SayAsync("delete mine");
        var first = await chat.ReadsAsync("One");

        await chat.DeleteAsync(first.MessageId, Cancel);
        gate.Open();
        gate.Open();
        gate.Open();
        await chat.ReadsAsync("One two three.");
        await DeliveredAsync(chat);

        Assert.Equal(["One two three."], await chat.BotTextsAsync());
        Assert.Equal(2, (await chat.TimelineAsync()).Count(entry => entry is { Kind: TimelineKind.Send, Ok: true }));
    }

    [Theory]
    [InlineData("editMessageText", FaultKind.DropAfter)]
    [InlineData("editMessageText", FaultKind.DropBefore)]
    public async Task An_edit_whose_answer_is_lost_is_repeated(string method, FaultKind kind)
    {
        var question = $"lose an edit {kind}";
        var gate = new Gate();
        Script(question, gate, "One ", "two.");
        var chat = await shared.Gateway.ChatAsync();
        await chat.SayAsync(question);
        await chat.ReadsAsync("One");

        await shared.Telegram.AddFaultAsync(new Fault(kind) { Method = method, ChatId = chat.Id }, Cancel);
        gate.Open();
        gate.Open();
        await chat.ReadsAsync("One two.");
        await DeliveredAsync(chat);

        Assert.Equal(["One two."], await chat.BotTextsAsync());
    }

    [Fact]
    public async Task A_complete_answer_whose_send_may_have_arrived_is_not_sent_twice()
    {
        shared.Llm.When("all at once", "Everything.");
        var chat = await shared.Gateway.ChatAsync();
        await shared.Telegram.AddFaultAsync(new Fault(FaultKind.DropAfter) { Method = "sendMessage", ChatId = chat.Id }, Cancel);

        await chat.SayAsync("all at once");
        await DeliveredAsync(chat);

        Assert.Equal(["Everything."], await chat.BotTextsAsync());
    }

    [Fact]
    public async Task After_a_first_frame_whose_send_may_have_arrived_the_complete_answer_is_sent_once()
    {
        var gate = new Gate();
        Script("lose the first", gate, "One ", "two ", "three.");
        var chat = await shared.Gateway.ChatAsync();
        await shared.Telegram.AddFaultAsync(new Fault(FaultKind.DropAfter) { Method = "sendMessage", ChatId = chat.Id }, Cancel);

        await chat.SayAsync("lose the first");
        await chat.ReadsAsync("One");
        gate.Open();
        gate.Open();
        gate.Open();
        await DeliveredAsync(chat);

        Assert.Single(await chat.BotTextsAsync(), "One two three.");
    }

    [Fact]
    public async Task A_send_that_never_left_is_repeated()
    {
        shared.Llm.When("refused once", "Here.");
        var chat = await shared.Gateway.ChatAsync();
        await shared.Telegram.AddFaultAsync(
            new Fault(FaultKind.Respond)
            {
                Method = "sendMessage",
                ChatId = chat.Id,
                Status = 429,
                Body = """{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 1","parameters":{"retry_after":1}}""",
            },
            Cancel);

        await chat.SayAsync("refused once");
        await DeliveredAsync(chat);

        Assert.Equal(["Here."], await chat.BotTextsAsync());
    }

    [Fact]
    public async Task A_429_on_the_final_edit_delays_it_and_loses_nothing()
    {
        var gate = new Gate();
        Script("limit the final", gate, "One ", "two.");
        var chat = await shared.Gateway.ChatAsync();
        await chat.SayAsync("limit the final");
        await chat.ReadsAsync("One");

        await shared.Telegram.AddFaultAsync(
            new Fault(FaultKind.TooManyRequests) { Method = "editMessageText", ChatId = chat.Id, RetryAfter = 1, Times = 2 }, Cancel);
        gate.Open();
        gate.Open();
        await chat.ReadsAsync("One two.");
        await DeliveredAsync(chat);

        var rejected = (await chat.TimelineAsync()).Where(entry => entry.ErrorCode == 429).ToList();
        Assert.Equal(2, rejected.Count);
        Assert.True(rejected[1].Time - rejected[0].Time >= TimeSpan.FromSeconds(1), "the deadline of a 429 is kept");
    }

    [Fact]
    public async Task While_a_chat_is_blocked_for_hours_others_are_answered_and_the_answer_is_kept()
    {
        var gate = new Gate();
        Script("block for hours", gate, "One ", "two.");
        var (blocked, other) = (await shared.Gateway.ChatAsync(), await shared.Gateway.ChatAsync());
        await blocked.SayAsync("block for hours");
        await blocked.ReadsAsync("One");
        await shared.Telegram.AddFaultAsync(
            new Fault(FaultKind.TooManyRequests) { Method = "editMessageText", ChatId = blocked.Id, RetryAfter = 13_938 }, Cancel);
        gate.Open();
        gate.Open();

        await Eventually.TrueAsync(() => shared.Sessions.TurnsOf(blocked.Id) is [{ State: TurnState.Answered }]);
        await other.SayAsync("not me");
        await other.ReadsAsync("Echo: not me");

        Assert.Equal("One two.", shared.Sessions.TurnsOf(blocked.Id)[0].AnswerText);
    }

    [Fact]
    public async Task Markup_that_telegram_rejects_is_sent_as_plain_text_once()
    {
        shared.Llm.When("reject my markup", "Some text.");
        var chat = await shared.Gateway.ChatAsync();
        await shared.Telegram.AddFaultAsync(
            new Fault(FaultKind.Respond)
            {
                Method = "sendMessage",
                ChatId = chat.Id,
                Status = 400,
                Body = """{"ok":false,"error_code":400,"description":"Bad Request: can't parse entities: Unsupported start tag \"x\" at byte offset 0"}""",
            },
            Cancel);

        await chat.SayAsync("reject my markup");
        await DeliveredAsync(chat);

        var sends = (await chat.TimelineAsync()).Where(entry => entry.Kind is TimelineKind.Send).ToList();
        Assert.Equal(["Some text."], await chat.BotTextsAsync());
        Assert.Null(sends[^1].ParseMode);
    }

    [Fact]
    public async Task A_call_that_telegram_refuses_for_good_ends_the_turn_as_failed_instead_of_repeating()
    {
        shared.Llm.When("refuse for good", "Text.");
        var chat = await shared.Gateway.ChatAsync();
        await shared.Telegram.AddFaultAsync(
            new Fault(FaultKind.Respond)
            {
                Method = "sendMessage",
                ChatId = chat.Id,
                Times = 0,
                Status = 400,
                Body = """{"ok":false,"error_code":400,"description":"Bad Request: something new"}""",
            },
            Cancel);

        await chat.SayAsync("refuse for good");
        await Eventually.TrueAsync(() => shared.Sessions.TurnsOf(chat.Id) is [{ State: TurnState.Failed }]);
    }

    [Fact]
    public async Task A_topic_that_is_deleted_meanwhile_ends_the_answer()
    {
        var gate = new Gate();
        shared.Llm.When("delete my topic", async call =>
        {
            await gate.PassAsync(call.Cancelled);
            await call.SayAsync("too late");
            await call.HangAsync();
        });
        var forum = await shared.Telegram.CreateForumAsync("Forum", ["Gone"], Cancel);
        var topic = forum.Topics[0];
        await forum.SendAsync(new UserMessage { Text = "@clawdex_bot delete my topic", ThreadId = topic.Id }, Cancel);
        await Eventually.TrueAsync(() => shared.Llm.CallsFor("delete my topic").Count == 1);

        await forum.RemoveTopicAsync(topic.Id, Cancel);
        gate.Open();

        await shared.Llm.CallsFor("delete my topic")[0].WasCancelled.WaitAsync(GatewayUnderTest.Soon, Cancel);
        await Eventually.TrueAsync(() => shared.Sessions.TurnsOf(forum.Id) is [{ State: TurnState.Interrupted }]);
    }

    [Fact]
    public async Task A_question_that_is_deleted_meanwhile_is_answered_without_a_quote()
    {
        var gate = new Gate();
        shared.Llm.When("delete my question", async call =>
        {
            await gate.PassAsync(call.Cancelled);
            await call.SayAsync("anyway");
        });
        var group = await shared.Telegram.CreateGroupAsync("Group", Cancel);
        var question = await group.SayAsync("@clawdex_bot delete my question");
        await Eventually.TrueAsync(() => shared.Llm.CallsFor("delete my question").Count == 1);

        await group.DeleteAsync(question.MessageId, Cancel);
        gate.Open();

        await group.ReadsAsync("anyway");
    }

    private void Script(string question, Gate gate, params string[] pieces) => shared.Llm.When(question, async call =>
    {
        foreach (var piece in pieces)
        {
            await call.SayAsync(piece);
            await gate.PassAsync(call.Cancelled);
        }
    });

    private Task DeliveredAsync(EmulatedChat chat) =>
        Eventually.TrueAsync(() => shared.Sessions.TurnsOf(chat.Id) is [.., { State: TurnState.Delivered }]);
}
