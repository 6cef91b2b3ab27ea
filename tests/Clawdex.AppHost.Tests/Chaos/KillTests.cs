using Clawdex.LlmEmulator.Scripts;
using Clawdex.TelegramEmulator.Control;
using Clawdex.TelegramEmulator.Faults;

namespace Clawdex.AppHost.Tests.Chaos;

/// <summary>Each state of a turn, and each process that can be killed in it: what the user sees in the end is one complete answer.</summary>
public sealed class KillTests(KillFixture fixture) : IClassFixture<KillFixture>
{
    private const string Beginning = "The first half";
    private const string Answer = "The first half and the second half.";

    private readonly string _hold = $"hold {Guid.NewGuid()}";

    public static TheoryData<string> Services => [.. ClawdexApp.Services];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private ClawdexApp App => fixture.App;

    [Theory]
    [MemberData(nameof(Services))]
    public async Task A_message_that_waits_behind_a_reply_is_answered_after_it(string killed)
    {
        var chat = await NewChatAsync();
        App.Models.Script(LlmScript.Reply("Another answer.") with { WhenMessageContains = $"second in {chat.Id}", Times = 9 });
        var first = await BeginAsync(chat);
        await chat.SendTextAsync($"second in {chat.Id}", Stop);
        await App.Turns.WaitForStatesAsync(chat.Id, ["streaming", "accepted"], ClawdexApp.Patience, Stop);

        await fixture.KillAndReviveAsync(killed, Stop);
        App.Models.Release(_hold);

        await AssertShownAsync(chat, [Answer, "Another answer."], [first]);
    }

    [Theory]
    [MemberData(nameof(Services))]
    public async Task A_reply_whose_first_message_is_still_on_its_way_is_completed(string killed)
    {
        var chat = await NewChatAsync();
        await FaultAsync(new(FaultKind.Delay, "sendMessage", chat.Id) { DelayMs = 3000 });
        await AskAsync(chat);
        await WaitForNoFaultAsync();

        await fixture.KillAndReviveAsync(killed, Stop);
        App.Models.Release(_hold);

        await AssertShownAsync(chat, [Answer], []);
    }

    [Theory]
    [MemberData(nameof(Services))]
    public async Task A_first_message_that_arrived_while_nobody_heard_of_it_becomes_the_answer(string killed)
    {
        var chat = await NewChatAsync();
        await FaultAsync(new(FaultKind.DropAfter, "sendMessage", chat.Id) { DelayMs = 3000 });
        await AskAsync(chat);
        var first = await chat.WaitForBotMessageAsync(_ => true, ClawdexApp.Patience, Stop);

        await fixture.KillAndReviveAsync(killed, Stop);
        App.Models.Release(_hold);

        await AssertShownAsync(chat, [Answer], [first.MessageId]);
    }

    [Theory]
    [MemberData(nameof(Services))]
    public async Task A_reply_that_grows_is_completed_in_its_message(string killed)
    {
        var chat = await NewChatAsync();
        var first = await BeginAsync(chat);
        await App.Turns.WaitForStatesAsync(chat.Id, ["streaming"], ClawdexApp.Patience, Stop);

        await fixture.KillAndReviveAsync(killed, Stop);
        App.Models.Release(_hold);

        await AssertShownAsync(chat, [Answer], [first]);
        AssertAsked(killed, chat);
    }

    [Theory]
    [MemberData(nameof(Services))]
    public async Task A_reply_of_several_messages_is_completed_in_all_of_them(string killed)
    {
        var chat = await NewChatAsync();
        var (first, second) = (new string('a', 3000), new string('b', 3000));
        await AskAsync(chat, $"{first}\n\n{second}", "\n\nThe end.");
        await chat.WaitForBotMessageAsync(message => message.Text == second, ClawdexApp.Patience, Stop);
        var shown = await KillFixture.ShownAsync(chat, Stop);
        Assert.Equal(2, shown.Count);
        await App.Turns.WaitForStatesAsync(chat.Id, ["streaming"], ClawdexApp.Patience, Stop);

        await fixture.KillAndReviveAsync(killed, Stop);
        App.Models.Release(_hold);

        await AssertShownAsync(chat, [first, $"{second}\n\nThe end."], [.. shown.Select(message => message.MessageId)]);
    }

    [Theory]
    [MemberData(nameof(Services))]
    public async Task An_answer_that_is_stored_but_not_shown_is_shown(string killed)
    {
        var chat = await NewChatAsync();
        var first = await BeginAsync(chat);
        var fault = await FaultAsync(new(FaultKind.TooManyRequests, "editMessageText", chat.Id) { Times = 0, RetryAfter = 1 });
        App.Models.Release(_hold);
        await App.Turns.WaitForStatesAsync(chat.Id, ["answered"], ClawdexApp.Patience, Stop);

        await fixture.KillAndReviveAsync(killed, Stop);
        await App.Telegram.Control.RemoveFaultAsync(fault.Id, Stop);

        await AssertShownAsync(chat, [Answer], [first]);
    }

    [Theory]
    [MemberData(nameof(Services))]
    public async Task A_service_that_is_stopped_in_order_and_started_again_costs_nobody_an_answer_either(string stopped)
    {
        var chat = await NewChatAsync();
        var first = await BeginAsync(chat);
        await App.Turns.WaitForStatesAsync(chat.Id, ["streaming"], ClawdexApp.Patience, Stop);

        await App.RestartAsync(stopped, Stop);
        App.Models.Release(_hold);

        await AssertShownAsync(chat, [Answer], [first]);
        AssertAsked(stopped, chat);
    }

    private async Task<EmulatedChat> NewChatAsync()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "finds the processes to kill in /proc");
        return await App.Telegram.Control.CreatePrivateChatAsync("Ada", Stop);
    }

    /// <summary>Asks something whose answer stops after its beginning until the hold is released; however often it is asked.</summary>
    private async Task AskAsync(EmulatedChat chat, string beginning = Beginning, string rest = " and the second half.")
    {
        var question = $"first in {chat.Id}";
        var script = LlmScript.Of(new ScriptStep.Text(beginning), new ScriptStep.Hold(_hold), new ScriptStep.Text(rest), new ScriptStep.Finish());
        App.Models.Script(script with { WhenMessageContains = question, Times = 9 });
        await chat.SendTextAsync(question, Stop);
    }

    /// <returns>The message that shows the beginning.</returns>
    private async Task<int> BeginAsync(EmulatedChat chat)
    {
        await AskAsync(chat);
        return (await chat.WaitForBotMessageAsync(message => message.Text == Beginning, ClawdexApp.Patience, Stop)).MessageId;
    }

    private Task<ActiveFault> FaultAsync(Fault fault) => App.Telegram.Control.AddFaultAsync(fault, Stop);

    /// <summary>A fault that is used up is gone: the call that it hit is under way.</summary>
    private async Task WaitForNoFaultAsync()
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        patience.CancelAfter(ClawdexApp.Patience);
        while (await App.Telegram.Control.GetFaultsAsync(patience.Token) is not [])
            await Task.Delay(TimeSpan.FromMilliseconds(20), patience.Token);
    }

    /// <summary>An answer is paid for once, unless the service was lost that reads it.</summary>
    private void AssertAsked(string lost, EmulatedChat chat) =>
        Assert.Equal(lost == "llm" ? 2 : 1, App.Models.Chats.Count(request => request.Messages[^1].Content.EndsWith($"first in {chat.Id}", StringComparison.Ordinal)));

    /// <param name="messageIds">The messages that showed some of it before, and must show it now.</param>
    private async Task AssertShownAsync(EmulatedChat chat, IReadOnlyList<string> texts, IReadOnlyList<int> messageIds)
    {
        await App.Turns.WaitUntilSettledAsync(chat.Id, ClawdexApp.Patience, Stop);
        var shown = await KillFixture.ShownAsync(chat, Stop);
        Assert.Equal(texts, shown.Select(message => message.Text));
        Assert.All(App.Turns.StatesIn(chat.Id), state => Assert.Equal("delivered", state));
        Assert.Equal(messageIds, shown.Take(messageIds.Count).Select(message => message.MessageId));
    }
}
