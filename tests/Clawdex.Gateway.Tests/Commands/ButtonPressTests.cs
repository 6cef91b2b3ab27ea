using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Tests.Running;
using Clawdex.TelegramEmulator.Control;

namespace Clawdex.Gateway.Tests.Commands;

/// <summary>Who may press a button, and what the press of a made-up one costs.</summary>
public sealed class ButtonPressTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Forged_and_foreign_buttons_cost_one_answer_each_and_no_call_of_the_session_service()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var (chat, other) = (await gateway.ChatAsync(), await gateway.ChatAsync());
        await other.SayAsync("/model");
        var theirs = (await other.ReadsAsync(message => message.Keyboard is not null)).DataOf("openai/gpt-4o");
        var calls = 0;
        gateway.Sessions.Before = _ =>
        {
            Interlocked.Increment(ref calls);
            return Task.CompletedTask;
        };
        string[] forged = [theirs, "continue:1", "model:openai/gpt-4o", "", theirs[..^1], $"{theirs}x", $"{theirs[..16]}1::1", .. Enumerable.Range(0, 30).Select(i => $"{theirs[..i]}~{theirs[(i + 1)..]}")];

        foreach (var data in forged.Distinct())
            Assert.Equal(UserTexts.ButtonOutdated, await chat.AnsweredAsync(await chat.PressAsync(new ButtonPress(1, data) { IsInaccessible = true }, Cancel)));

        Assert.Equal(0, calls);
        Assert.Empty(gateway.Sessions.Turns);
        Assert.Empty(gateway.Llm.Calls);
        Assert.Empty(await chat.BotTextsAsync());
    }

    [Fact]
    public async Task In_a_group_a_button_is_for_who_asked_and_for_the_owner()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(
            ("channels:telegram:allowedUsers:0", "1001"), ("channels:telegram:allowedUsers:1", "1002"), ("channels:telegram:allowedUsers:2", "1003"));
        var group = await gateway.Telegram.Control.CreateChatAsync(new() { Kind = ChatKind.Group, Title = "Group", Members = ["Owner", "Ann", "Bob", "Eve"] }, Cancel);
        Assert.Equal([1001, 1002, 1003, 1004], group.Info.Members.Select(member => member.Id));

        var asked = await group.SendAsync(new UserMessage { Text = "/model@clawdex_bot", From = "Owner" }, Cancel);
        var menu = await group.ReadsAsync(message => message.Keyboard is not null && message.MessageId > asked.MessageId);
        Task<string?> PressAsync(string from) => PressedAsync(group, new ButtonPress(menu.MessageId, menu.DataOf("openai/gpt-4o")) { From = from });

        Assert.Equal(UserTexts.Stranger, await PressAsync("Eve"));
        Assert.Equal(UserTexts.ButtonOfAnother, await PressAsync("Bob"));
        Assert.Contains(await group.GetMessagesAsync(Cancel), message => message.MessageId == menu.MessageId && message.Keyboard is not null);
        Assert.Equal("openai/gpt-4o", await PressAsync("Owner"));
        await group.ReadsAsync(message => message.MessageId == menu.MessageId && message.Text.StartsWith("✅ Model switched to openai/gpt-4o", StringComparison.Ordinal));
    }

    private static async Task<string?> PressedAsync(EmulatedChat chat, ButtonPress press) => await chat.AnsweredAsync(await chat.PressAsync(press, Cancel));
}
