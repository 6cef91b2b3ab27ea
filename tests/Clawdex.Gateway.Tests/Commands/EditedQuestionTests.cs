using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;
using Clawdex.TelegramEmulator.Control;

namespace Clawdex.Gateway.Tests.Commands;

/// <summary>A last question that was edited can be answered again, by a button below its answer.</summary>
public sealed class EditedQuestionTests(SharedGateway shared)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_press_answers_the_edited_question_in_the_same_message_and_takes_the_button_away()
    {
        var chat = await shared.Gateway.ChatAsync();
        var (question, answer) = await AskAsync(chat, "waht is edited?");

        await EditAsync(chat, question, "what is edited?");
        var offered = await chat.ReadsAsync(message => message.MessageId == answer.MessageId && message.Keyboard is not null);
        Assert.Empty(shared.Llm.CallsFor("what is edited?"));
        await chat.PressAsync(offered.MessageId, offered.DataOf(UserTexts.AnswerAgain), Cancel);
        await chat.PressAsync(offered.MessageId, offered.DataOf(UserTexts.AnswerAgain), Cancel);

        var again = await chat.ReadsAsync("Echo: what is edited?");
        Assert.Equal((answer.MessageId, null), (again.MessageId, again.Keyboard));
        Assert.Equal(["user: what is edited?"], Assert.Single(shared.Llm.CallsFor("what is edited?")).Prompt);
        Assert.Equal(["Echo: what is edited?"], await chat.BotTextsAsync());
    }

    [Fact]
    public async Task An_older_question_and_one_that_reads_as_before_have_no_button()
    {
        var chat = await shared.Gateway.ChatAsync();
        var (older, _) = await AskAsync(chat, "an older question");
        var (last, _) = await AskAsync(chat, "the last question");

        await EditAsync(chat, older, "an older question, edited");
        await chat.EditAsync(last.MessageId, new UserEdit("the last question", IsHidden: true), Cancel);
        await AskAsync(chat, "anything else");

        Assert.DoesNotContain(await chat.TimelineAsync(), entry => entry.Kind is TimelineKind.EditMarkup);
    }

    [Fact]
    public async Task When_the_conversation_has_gone_on_the_button_is_out_of_date()
    {
        var chat = await shared.Gateway.ChatAsync();
        var (question, _) = await AskAsync(chat, "soon outdated");
        await EditAsync(chat, question, "soon outdated, edited");
        var offered = await chat.ReadsAsync(message => message.Keyboard is not null);
        await AskAsync(chat, "something newer");

        var press = await chat.PressAsync(offered.MessageId, offered.DataOf(UserTexts.AnswerAgain), Cancel);

        Assert.Equal(UserTexts.ButtonOutdated, await chat.AnsweredAsync(press));
        Assert.Empty(shared.Llm.CallsFor("soon outdated, edited"));
    }

    private static Task EditAsync(EmulatedChat chat, EmulatedMessage question, string text) =>
        chat.EditAsync(question.MessageId, new UserEdit(text, IsHidden: false), Cancel);

    private async Task<(EmulatedMessage Question, EmulatedMessage Answer)> AskAsync(EmulatedChat chat, string text)
    {
        var question = await chat.SayAsync(text);
        var answer = await chat.ReadsAsync($"Echo: {text}");
        await Eventually.TrueAsync(() => shared.Sessions.TurnsOf(chat.Id) is [.., { State: TurnState.Delivered } last] && last.UserText == text);
        return (question, answer);
    }
}
