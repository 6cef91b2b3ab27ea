using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;
using Clawdex.TelegramEmulator.Control;
using FailureKind = Clawdex.Llm.V1.FailureKind;

namespace Clawdex.Gateway.Tests.Commands;

/// <summary>/undo: the model no longer knows of the last question and its answer.</summary>
public sealed class UndoTests(SharedGateway shared)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_last_exchange_is_neither_in_the_next_prompt_nor_in_the_count_and_the_chat_says_what_it_was()
    {
        var chat = await shared.Gateway.ChatAsync();
        await AskAsync(chat, "keep this");
        await AskAsync(chat, "and *drop*\n\nthis one");

        await chat.SayAsync("/undo");
        await chat.ReadsAsync("↩️ Taken back: “and *drop* this one” and its answer. The chat still shows them; I no longer know of them.");
        await chat.SayAsync("/status");
        await chat.ReadsAsync(message => message.Text.Contains("\nMessages: 2\n", StringComparison.Ordinal));
        await AskAsync(chat, "what do you know?");

        Assert.Equal(["user: keep this", "assistant: Echo: keep this", "user: what do you know?"], Assert.Single(shared.Llm.CallsFor("what do you know?")).Prompt);
    }

    [Fact]
    public async Task Each_undo_takes_one_exchange_and_the_last_one_says_that_there_is_none()
    {
        var chat = await shared.Gateway.ChatAsync();
        await AskAsync(chat, "undo one");
        await AskAsync(chat, "undo two");

        foreach (var words in new[] { "↩️ Taken back: “undo two”", "↩️ Taken back: “undo one”", UserTexts.NothingToUndo.Replace("`", "", StringComparison.Ordinal) })
        {
            await chat.SayAsync("/undo");
            await chat.ReadsAsync(message => message.Text.StartsWith(words, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Delivered_twice_it_undoes_once()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await gateway.ChatAsync();
        await AskAsync(chat, "first", gateway);
        await AskAsync(chat, "second", gateway);
        var next = (await gateway.Telegram.Control.GetUpdatesAsync(Cancel)).NextId;
        await chat.SayAsync("/undo");
        await chat.ReadsAsync(message => message.Text.StartsWith("↩️ Taken back: “second”", StringComparison.Ordinal));

        await gateway.Telegram.Control.RedeliverAsync(next, Cancel);
        await chat.SayAsync("/status");

        await chat.ReadsAsync(message => message.Text.Contains("\nMessages: 2\n", StringComparison.Ordinal));
    }

    [Fact]
    public async Task While_an_answer_runs_nothing_is_taken_back()
    {
        var gate = new Gate();
        shared.Llm.When("slow, do not undo", async call =>
        {
            await call.SayAsync("Slowly.");
            await gate.PassAsync(call.Cancelled);
        });
        var chat = await shared.Gateway.ChatAsync();
        await chat.SayAsync("slow, do not undo");
        await chat.ReadsAsync("Slowly.");

        await chat.SayAsync("/undo");
        await chat.ReadsAsync(UserTexts.StillAnswering);
        await chat.SayAsync("/retry");
        await Eventually.TrueAsync(async _ => (await chat.BotTextsAsync()).Count(text => text == UserTexts.StillAnswering) == 2);
        gate.Open();

        await SettledAsync(chat);
        Assert.Equal(["user: slow, do not undo", "assistant: Slowly."], shared.Sessions.HistoryOf($"telegram:{chat.Id}"));
    }

    [Fact]
    public async Task A_paste_that_telegram_split_is_taken_back_as_a_whole()
    {
        var chat = await shared.Gateway.ChatAsync();
        await chat.SayAsync(new string('a', 4096));
        await chat.SayAsync("the end of it");
        await Eventually.TrueAsync(() => shared.Sessions.TurnsOf(chat.Id) is [{ State: TurnState.Cancelled }, { State: TurnState.Delivered }]);

        await chat.SayAsync("/undo");
        await chat.ReadsAsync(message => message.Text.StartsWith("↩️ Taken back: “aaaa", StringComparison.Ordinal));
        await AskAsync(chat, "and now what?");

        Assert.Equal(["user: and now what?"], Assert.Single(shared.Llm.CallsFor("and now what?")).Prompt);
    }

    [Fact]
    public async Task Of_an_answer_that_was_continued_the_continuation_is_taken_back()
    {
        shared.Llm.When("count, then undo", async call =>
        {
            await call.SayAsync("one two");
            throw LlmCall.Failure(FailureKind.CutOff);
        });
        var chat = await shared.Gateway.ChatAsync();
        await chat.SayAsync("count, then undo");
        var cut = await chat.ReadsAsync(message => message.Keyboard is not null);
        await chat.PressAsync(cut.MessageId, cut.DataOf(UserTexts.Continue), Cancel);
        await Eventually.TrueAsync(() => shared.Sessions.TurnsOf(chat.Id) is [_, { State: TurnState.Delivered }]);

        await chat.SayAsync("/undo");

        await chat.ReadsAsync(UserTexts.ContinuationUndone);
    }

    private Task AskAsync(EmulatedChat chat, string text) => AskAsync(chat, text, shared.Gateway);

    private static async Task AskAsync(EmulatedChat chat, string text, GatewayUnderTest gateway)
    {
        await chat.SayAsync(text);
        await Eventually.TrueAsync(() => gateway.Sessions.TurnsOf(chat.Id) is [.., { State: TurnState.Delivered } last] && last.UserText == text);
    }

    private Task SettledAsync(EmulatedChat chat) => Eventually.TrueAsync(() => shared.Sessions.TurnsOf(chat.Id) is [.., { State: TurnState.Delivered }]);
}
