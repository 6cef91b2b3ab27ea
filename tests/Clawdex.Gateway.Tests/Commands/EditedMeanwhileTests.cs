using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Tests.Running;
using Clawdex.Gateway.Turns;
using Clawdex.Sessions.V1;
using Clawdex.TelegramEmulator.Control;

namespace Clawdex.Gateway.Tests.Commands;

/// <summary>A question that is edited before its answer is complete: it is answered as it reads now, in the same message.</summary>
public sealed class EditedMeanwhileTests(SharedGateway shared)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_answer_starts_over_in_its_message_and_the_model_is_stopped_and_never_knows_the_former_text()
    {
        var (chat, question, answer) = await BeginAsync(shared.Gateway, "what is a sesion?");

        await EditAsync(chat, question, "what is a session?");
        var again = await chat.ReadsAsync("Echo: what is a session?");
        await SettledAsync(shared.Gateway, chat, turns: 1);
        await chat.SayAsync("go on");
        await chat.ReadsAsync("Echo: go on");

        Assert.Equal(answer.MessageId, again.MessageId);
        await Assert.Single(shared.Llm.CallsFor("what is a sesion?")).WasCancelled.WaitAsync(GatewayUnderTest.Soon, Cancel);
        Assert.Equal(["user: what is a session?"], Assert.Single(shared.Llm.CallsFor("what is a session?")).Prompt);
        Assert.Equal(
            ["user: what is a session?", "assistant: Echo: what is a session?", "user: go on"],
            shared.Llm.CallsFor("go on").Single(call => call.Prompt[0] == "user: what is a session?").Prompt);
        Assert.Equal(["Echo: what is a session?", "Echo: go on"], await chat.BotTextsAsync());
        Assert.DoesNotContain(await chat.TimelineAsync(), entry => entry.Kind is TimelineKind.EditMarkup);
    }

    [Fact]
    public async Task Edited_twice_it_is_answered_as_it_reads_at_last()
    {
        var (chat, question, answer) = await BeginAsync(shared.Gateway, "first wording");
        Holds(shared.Gateway, "second wording");

        await EditAsync(chat, question, "second wording");
        await chat.ReadsAsync("About second wording");
        await EditAsync(chat, question, "third wording");

        Assert.Equal(answer.MessageId, (await chat.ReadsAsync("Echo: third wording")).MessageId);
        await SettledAsync(shared.Gateway, chat, turns: 1);
        Assert.Equal(["Echo: third wording"], await chat.BotTextsAsync());
    }

    [Fact]
    public async Task What_waits_behind_it_is_answered_after_it_and_may_be_edited_as_well()
    {
        var (chat, question, _) = await BeginAsync(shared.Gateway, "one, edited soon");
        var next = await chat.SayAsync("tow");
        await Eventually.TrueAsync(() => shared.Sessions.TurnsOf(chat.Id).Count == 2);

        await EditAsync(chat, next, "two");
        await EditAsync(chat, question, "one");
        await chat.ReadsAsync("Echo: two");

        Assert.Equal(["Echo: one", "Echo: two"], await chat.BotTextsAsync());
        Assert.Empty(shared.Llm.CallsFor("tow"));
        Assert.Equal(["user: one", "assistant: Echo: one", "user: two"], Assert.Single(shared.Llm.CallsFor("two")).Prompt);
    }

    [Fact]
    public async Task One_that_waits_for_another_chats_answer_goes_on_waiting_and_is_asked_as_it_reads_then()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(("agent:limits:answersAtOnce", "1"));
        var (busy, _, _) = await BeginAsync(gateway, "for ever");
        var chat = await gateway.ChatAsync();
        var question = await chat.SayAsync("waits");
        await Eventually.TrueAsync(() => gateway.Get<RunningReplies>().Find(new Conversation(chat.Id), question.MessageId) is not null);

        await EditAsync(chat, question, "has waited");
        await ReadInOrderAsync(chat);
        Assert.Single(gateway.Llm.Calls);
        await busy.SayAsync("/stop");

        await chat.ReadsAsync("Echo: has waited");
        Assert.Equal(2, gateway.Llm.Calls.Count);
    }

    [Fact]
    public async Task An_edit_that_changes_no_word_disturbs_nothing()
    {
        var gate = new Gate();
        shared.Llm.When("same as before", async call =>
        {
            await call.SayAsync("Slowly");
            await gate.PassAsync(call.Cancelled);
            await call.SayAsync(" said.");
        });
        var chat = await shared.Gateway.ChatAsync();
        var question = await chat.SayAsync("same as before");
        await chat.ReadsAsync("Slowly");

        await chat.EditAsync(question.MessageId, new UserEdit("same as before", IsHidden: true), Cancel);
        await ReadInOrderAsync(chat);
        gate.Open();
        await SettledAsync(shared.Gateway, chat, turns: 1);

        Assert.Single(shared.Llm.CallsFor("same as before"));
    }

    [Fact]
    public async Task When_the_model_has_answered_already_there_is_the_button_instead()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var (isAnswered, edited) = (new Gate(), new Gate());
        gateway.Sessions.Before = async method =>
        {
            if (method is not "CompleteTurn")
                return;
            isAnswered.Open();
            await edited.PassAsync(Cancel);
        };
        var chat = await gateway.ChatAsync();
        var question = await chat.SayAsync("answered at once");
        await isAnswered.PassAsync(Cancel);

        await EditAsync(chat, question, "edited too late");
        await ReadInOrderAsync(chat);
        edited.Open();

        var offered = await chat.ReadsAsync(message => message.Keyboard is not null);
        Assert.Equal("Echo: answered at once", offered.Text);
        await chat.PressAsync(offered.MessageId, offered.DataOf(UserTexts.AnswerAgain), Cancel);
        edited.Open();
        Assert.Equal(offered.MessageId, (await chat.ReadsAsync("Echo: edited too late")).MessageId);
    }

    [Fact]
    public async Task A_stop_ends_what_has_started_over()
    {
        var (chat, question, answer) = await BeginAsync(shared.Gateway, "about to change");
        Holds(shared.Gateway, "changed, then stopped");
        await EditAsync(chat, question, "changed, then stopped");
        await chat.ReadsAsync("About changed, then stopped");

        await chat.SayAsync("/stop");

        Assert.Equal(answer.MessageId, (await chat.ReadsAsync($"About changed, then stopped\n\n{UserTexts.Stopped}")).MessageId);
        await Eventually.TrueAsync(() => shared.Sessions.TurnsOf(chat.Id) is [{ State: TurnState.Cancelled }]);
    }

    [Fact]
    public async Task A_gateway_that_is_killed_meanwhile_answers_the_edited_question_in_the_same_message()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var (chat, question, answer) = await BeginAsync(gateway, "before the kill");
        Holds(gateway, "after the edit");
        await EditAsync(chat, question, "after the edit");
        await chat.ReadsAsync("About after the edit");

        await gateway.KillGatewayAsync();
        gateway.Llm.When("after the edit", "Answered after the kill.");
        await gateway.StartGatewayAsync();

        Assert.Equal(answer.MessageId, (await chat.ReadsAsync("Answered after the kill.")).MessageId);
        await SettledAsync(gateway, chat, turns: 1);
        Assert.Equal(["Answered after the kill."], await chat.BotTextsAsync());
        Assert.Single(gateway.Llm.CallsFor("before the kill"));
    }

    [Fact]
    public async Task Both_answers_are_charged()
    {
        var (chat, question, _) = await BeginAsync(shared.Gateway, "the first of two that are charged");

        await EditAsync(chat, question, "the second of two that are charged");
        await SettledAsync(shared.Gateway, chat, turns: 1);

        // The second one by the model's count; of the one that was stopped nobody knows, and it is charged what it might have cost.
        var brokenOff = shared.Llm.CallsFor("the first of two that are charged")[0].Request.MaxOutputTokens;
        Assert.InRange(shared.Sessions.UsedBy(chat.Id), 12 + brokenOff, 12 + brokenOff + 100);
    }

    [Fact]
    public async Task Without_tokens_left_the_answer_goes_on_and_has_the_button()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(
            ("agent:limits:tokensPerUserPerDay", "20"), ("channels:telegram:allowedUsers:0", "7"), ("channels:telegram:allowedUsers:1", "*"));
        var gate = new Gate();
        gateway.Llm.When("as it was", async call =>
        {
            await call.SayAsync("An answer");
            await gate.PassAsync(call.Cancelled);
        });
        var chat = await gateway.ChatAsync();
        var question = await chat.SayAsync("as it was");
        await chat.ReadsAsync("An answer");

        await EditAsync(chat, question, "as it would be");
        await ReadInOrderAsync(chat);
        gate.Open();

        Assert.Equal("An answer", (await chat.ReadsAsync(message => message.Keyboard is not null)).Text);
        Assert.Empty(gateway.Llm.CallsFor("as it would be"));
    }

    /// <summary>A question whose answer has begun, and goes on until it is stopped.</summary>
    private static async Task<(EmulatedChat Chat, EmulatedMessage Question, EmulatedMessage Answer)> BeginAsync(GatewayUnderTest gateway, string text)
    {
        Holds(gateway, text);
        var chat = await gateway.ChatAsync();
        var question = await chat.SayAsync(text);
        return (chat, question, await chat.ReadsAsync($"About {text}"));
    }

    private static void Holds(GatewayUnderTest gateway, string text) => gateway.Llm.When(text, async call =>
    {
        await call.SayAsync($"About {text}");
        await call.HangAsync();
    });

    private static Task EditAsync(EmulatedChat chat, EmulatedMessage question, string text) =>
        chat.EditAsync(question.MessageId, new UserEdit(text, IsHidden: false), Cancel);

    /// <summary>Waits until all that was done so far has been read.</summary>
    private static async Task ReadInOrderAsync(EmulatedChat chat)
    {
        await chat.SayAsync("/help");
        await chat.ReadsAsync(message => message.Text.Contains("/stop", StringComparison.Ordinal));
    }

    private static Task SettledAsync(GatewayUnderTest gateway, EmulatedChat chat, int turns) =>
        Eventually.TrueAsync(() => gateway.Sessions.TurnsOf(chat.Id) is [.., { State: TurnState.Delivered }] all && all.Count == turns);
}
