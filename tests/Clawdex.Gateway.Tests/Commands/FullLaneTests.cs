using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Tests.Running;
using Clawdex.Gateway.Turns;
using Clawdex.TelegramEmulator.Control;
using Clawdex.TelegramEmulator.Faults;
using ButtonPress = Clawdex.TelegramEmulator.Control.ButtonPress;

namespace Clawdex.Gateway.Tests.Commands;

/// <summary>What comes while too much waits already is not done, and its user is told.</summary>
public sealed class FullLaneTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_button_that_is_pressed_while_16_replies_wait_is_answered_that_there_is_no_room()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await FillAsync(gateway);

        await chat.PressAsync(new ButtonPress(1, "model:fake/other") { IsInaccessible = true }, Cancel);

        await Eventually.TrueAsync(async _ => (await chat.TimelineAsync()).Any(entry => entry.Kind is TimelineKind.CallbackAnswer && entry.RawText == UserTexts.PressAgain));
        Assert.Empty(gateway.Sessions.Turns);
    }

    [Theory]
    [InlineData("/status", "I am still working on 17 earlier messages")]
    [InlineData("/stop", "There is nothing to stop")]
    public async Task A_command_that_does_not_wait_is_answered_all_the_same(string command, string words)
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await FillAsync(gateway);

        await chat.SayAsync(command);

        await chat.ReadsAsync(message => message.Text.StartsWith(words, StringComparison.Ordinal));
    }

    /// <summary>A chat whose first reply is never confirmed, with as many behind it as may wait.</summary>
    private static async Task<EmulatedChat> FillAsync(GatewayUnderTest gateway)
    {
        var chat = await gateway.ChatAsync();
        await gateway.Telegram.Control.AddFaultAsync(new Fault(FaultKind.Hang) { Method = "sendMessage", ChatId = chat.Id }, Cancel);
        await chat.SayAsync("/help");
        await Eventually.TrueAsync(async _ => (await chat.TimelineAsync()).Any(entry => entry.Kind is TimelineKind.Send));
        for (var i = 0; i < ChatQueues.Capacity; i++)
            await chat.SayAsync("/help");
        await Eventually.TrueAsync(async cancel => (await gateway.Telegram.Control.GetUpdatesAsync(cancel)).Pending == 0);
        return chat;
    }
}
