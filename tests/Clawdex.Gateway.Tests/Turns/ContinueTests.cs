using System.Globalization;
using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Telegram;
using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;
using Clawdex.TelegramEmulator.Control;
using Button = Clawdex.Gateway.Telegram.Button;
using ButtonPress = Clawdex.TelegramEmulator.Control.ButtonPress;
using FailureKind = Clawdex.Llm.V1.FailureKind;
using PressedButton = Clawdex.TelegramEmulator.Control.PressedButton;

namespace Clawdex.Gateway.Tests.Turns;

/// <summary>An answer whose provider broke off stays visible, and a button lets the model go on.</summary>
public sealed class ContinueTests
{
    private const string Request = "Your last answer was cut off. Continue exactly where it stopped, without repeating any of it.";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_press_continues_the_answer_once_and_takes_the_button_away()
    {
        await using var gateway = await CuttingAsync();
        var chat = await gateway.ChatAsync();
        await chat.SayAsync("count");
        var cut = await ReadsCutAsync(chat);

        await chat.PressAsync(cut.MessageId, DataOf(cut), Cancel);
        await chat.PressAsync(cut.MessageId, DataOf(cut), Cancel);
        await chat.ReadsAsync("three four.");
        await Eventually.TrueAsync(() => gateway.Sessions.Turns is [_, { State: TurnState.Delivered }]);

        Assert.Equal(["user: count", "assistant: one two", $"user: {Request}"], Assert.Single(gateway.Llm.CallsFor(Request)).Prompt);
        await chat.WaitForEntryAsync(entry => entry is { Kind: TimelineKind.EditMarkup, Message.Keyboard: null }, GatewayUnderTest.Soon, Cancel);
        Assert.Equal(2, (await chat.TimelineAsync()).Count(entry => entry.Kind is TimelineKind.CallbackAnswer));
        Assert.Equal(2, (await chat.BotTextsAsync()).Count);
    }

    [Fact]
    public async Task A_cut_answer_that_an_earlier_run_stored_has_the_button_too()
    {
        await using var gateway = await GatewayUnderTest.PrepareAsync(null);
        gateway.Llm.When(Request, "three four.");
        var chat = await gateway.ChatAsync();
        var turn = gateway.Sessions.Leave($"telegram:{chat.Id}", "count", TurnState.Streaming, TimeProvider.System.GetUtcNow());
        gateway.Sessions.Answer(turn, "one two", FinishReason.Interrupted, "⚠️ Gemini broke off before the answer was complete. Try again.");
        await gateway.StartGatewayAsync();
        var cut = await ReadsCutAsync(chat);
        await Eventually.TrueAsync(() => gateway.Sessions.Turns is [{ State: TurnState.Interrupted }]);

        await chat.PressAsync(cut.MessageId, DataOf(cut), Cancel);

        await chat.ReadsAsync("three four.");
    }

    [Fact]
    public async Task In_a_group_a_stranger_cannot_continue()
    {
        await using var gateway = await CuttingAsync(("channels:telegram:allowedUsers:0", "1001"));
        var group = await gateway.Telegram.Control.CreateGroupAsync("Group", Cancel);
        await group.SayAsync("@clawdex_bot count");
        var cut = await ReadsCutAsync(group);

        await group.PressAsync(new ButtonPress(cut.MessageId, DataOf(cut)) { From = "Eve" }, Cancel);

        await group.WaitForEntryAsync(entry => entry.Kind is TimelineKind.CallbackAnswer, GatewayUnderTest.Soon, Cancel);
        Assert.Single(gateway.Sessions.Turns);
    }

    [Fact]
    public async Task In_a_group_another_member_cannot_continue_and_the_owner_can()
    {
        await using var gateway = await CuttingAsync(
            ("channels:telegram:allowedUsers:0", "1001"), ("channels:telegram:allowedUsers:1", "1002"), ("channels:telegram:allowedUsers:2", "1003"));
        var group = await gateway.Telegram.Control.CreateChatAsync(new() { Kind = ChatKind.Group, Title = "Group", Members = ["Owner", "Ann", "Bob"] }, Cancel);
        await group.SendAsync(new UserMessage { Text = "@clawdex_bot count", From = "Ann" }, Cancel);
        var cut = await ReadsCutAsync(group);

        Assert.Equal(UserTexts.ButtonOfAnother, await group.AnsweredAsync(await group.PressAsync(new ButtonPress(cut.MessageId, DataOf(cut)) { From = "Bob" }, Cancel)));
        Assert.Single(gateway.Sessions.Turns);
        await group.PressAsync(new ButtonPress(cut.MessageId, DataOf(cut)) { From = "Owner" }, Cancel);

        await group.ReadsAsync("three four.");
    }

    [Fact]
    public async Task After_a_restart_who_asked_in_a_group_can_still_continue()
    {
        await using var gateway = await CuttingAsync(("channels:telegram:allowedUsers:0", "1001"), ("channels:telegram:allowedUsers:1", "1002"));
        var isKilled = false;
        gateway.Llm.When("long", async call =>
        {
            await call.SayAsync("one two");
            if (!Volatile.Read(ref isKilled))
                await call.HangAsync();
            await call.FinishAsync(Clawdex.Llm.V1.FinishReason.Length);
        });
        var group = await gateway.Telegram.Control.CreateChatAsync(new() { Kind = ChatKind.Group, Title = "Group", Members = ["Owner", "Ann"] }, Cancel);
        await group.SendAsync(new UserMessage { Text = "@clawdex_bot long", From = "Ann" }, Cancel);
        await group.ReadsAsync("one two");
        await gateway.KillGatewayAsync();
        Volatile.Write(ref isKilled, true);
        await gateway.StartGatewayAsync();
        await Eventually.TrueAsync(() => gateway.Sessions.Turns is [{ State: TurnState.Delivered }]);
        var cut = (await group.GetMessagesAsync(Cancel)).Single(message => message.Keyboard is not null);

        await group.PressAsync(new ButtonPress(cut.MessageId, DataOf(cut)) { From = "Ann" }, Cancel);

        await group.ReadsAsync("three four.");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    public async Task Numbers_that_no_turn_had_open_nothing_one_by_one_or_many_at_once(int atOnce)
    {
        await using var gateway = await CuttingAsync();
        var chat = await gateway.ChatAsync();

        foreach (var numbers in Enumerable.Range(1, 50).Chunk(atOnce))
        {
            var presses = await Task.WhenAll(numbers.Select(number => PressSignedAsync(gateway, chat, number)));
            foreach (var press in presses)
                Assert.Equal(UserTexts.ButtonOutdated, await chat.AnsweredAsync(press));
        }

        Assert.Empty(gateway.Llm.Calls);
        Assert.Empty(gateway.Sessions.Turns);
    }

    [Fact]
    public async Task The_button_of_another_chat_opens_nothing_here()
    {
        await using var gateway = await CuttingAsync();
        var (chat, other) = (await gateway.ChatAsync(), await gateway.ChatAsync());
        foreach (var asking in new[] { chat, other })
        {
            await asking.SayAsync("count");
            await ReadsCutAsync(asking);
        }

        var theirs = gateway.Sessions.TurnsOf(other.Id).Single().TurnId;

        Assert.Equal(UserTexts.ButtonOutdated, await chat.AnsweredAsync(await PressSignedAsync(gateway, chat, theirs)));
        Assert.Equal(UserTexts.ButtonOutdated, await chat.AnsweredAsync(await PressSignedAsync(gateway, chat, 999_999_999_999)));
        Assert.Empty(gateway.Llm.CallsFor(Request));
        Assert.Equal(2, gateway.Sessions.Turns.Count);
    }

    [Fact]
    public async Task What_is_no_longer_the_last_answer_is_not_continued()
    {
        await using var gateway = await CuttingAsync();
        var chat = await gateway.ChatAsync();
        await chat.SayAsync("count");
        var cut = await ReadsCutAsync(chat);
        await chat.SayAsync("never mind");
        await chat.ReadsAsync("Echo: never mind");

        Assert.Equal(UserTexts.ButtonOutdated, await chat.AnsweredAsync(await chat.PressAsync(cut.MessageId, DataOf(cut), Cancel)));
        Assert.Empty(gateway.Llm.CallsFor(Request));
    }

    [Fact]
    public async Task After_a_reset_there_is_nothing_to_continue()
    {
        await using var gateway = await CuttingAsync();
        var chat = await gateway.ChatAsync();
        await chat.SayAsync("count");
        var cut = await ReadsCutAsync(chat);
        await chat.SayAsync("/reset");
        await chat.ReadsAsync(UserTexts.ResetDone);

        Assert.Equal(UserTexts.ButtonOutdated, await chat.AnsweredAsync(await chat.PressAsync(cut.MessageId, DataOf(cut), Cancel)));
        Assert.Empty(gateway.Llm.CallsFor(Request));
    }

    [Fact]
    public async Task An_answer_has_its_button_only_when_a_press_would_work()
    {
        await using var gateway = await CuttingAsync();
        var stored = new TaskCompletionSource();
        gateway.Sessions.Before = method => method is "CompleteTurn" ? stored.Task : Task.CompletedTask;
        var chat = await gateway.ChatAsync();
        await chat.SayAsync("count");
        await chat.ReadsAsync(message => message.Text.Contains(UserTexts.StoreAway, StringComparison.Ordinal));

        Assert.DoesNotContain(await chat.GetMessagesAsync(Cancel), message => message.Keyboard is not null);

        stored.SetResult();
        var cut = await ReadsCutAsync(chat);
        await chat.PressAsync(cut.MessageId, DataOf(cut), Cancel);
        await chat.ReadsAsync("three four.");
    }

    /// <summary>A press of a button that the bot itself could have made for this chat, with any turn's number: what is left to the session service.</summary>
    private static Task<PressedButton> PressSignedAsync(GatewayUnderTest gateway, EmulatedChat chat, long turnId) =>
        chat.PressAsync(new ButtonPress(1, gateway.DataOf(chat, new Button("", ButtonAction.Continue, turnId.ToString(CultureInfo.InvariantCulture), null))) { IsInaccessible = true }, Cancel);

    private static async Task<GatewayUnderTest> CuttingAsync(params (string Key, string Value)[] settings)
    {
        var gateway = await GatewayUnderTest.StartAsync(settings);
        gateway.Llm.When("count", async call =>
        {
            await call.SayAsync("one two");
            throw LlmCall.Failure(FailureKind.CutOff);
        });
        gateway.Llm.When(Request, "three four.");
        return gateway;
    }

    private static Task<EmulatedMessage> ReadsCutAsync(EmulatedChat chat) =>
        chat.ReadsAsync(message => message.Text.StartsWith("one two\n\n⚠️ Gemini broke off before the answer was complete. Try again.", StringComparison.Ordinal) && message.Keyboard is not null);

    private static string DataOf(EmulatedMessage message) => message.Keyboard?[0][0].CallbackData ?? "";
}
