using Clawdex.TelegramEmulator;
using Microsoft.Extensions.Time.Testing;

namespace Clawdex.Emulators.Tests.Faults;

/// <summary>Flood control, under a clock of our own.</summary>
public sealed class FloodTests : EmulatorTest
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 9, 1, 12, 0, 0, TimeSpan.Zero));

    private protected override TimeProvider Time => _time;

    private protected override TelegramEmulatorOptions Options => new()
    {
        Limits = new() { Enabled = true, ChatPerSecond = 1, ChatBurst = 3, GroupPerMinute = 20 },
    };

    [Fact]
    public async Task A_private_chat_takes_a_burst_then_one_call_a_second()
    {
        for (var i = 0; i < 3; i++)
            Assert.True((await Bot.SendAsync(Ada.Id, "x", Stop)).Ok);
        var refused = await Bot.SendAsync(Ada.Id, "x", Stop);

        Assert.Equal((429, "Too Many Requests: retry after 1", 1), (refused.Status, refused.Error, refused.Body.GetProperty("parameters").GetProperty("retry_after").GetInt32()));
        Assert.Equal(TimeSpan.FromSeconds(1), refused.RetryAfter);
        for (var i = 0; i < 5; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            Assert.True((await Bot.SendAsync(Ada.Id, "x", Stop)).Ok);
        }
    }

    [Fact]
    public async Task Sends_and_edits_share_the_budget_and_an_edit_that_changes_nothing_costs_too()
    {
        var sent = await Bot.SendAsync(Ada.Id, "x", Stop);
        Assert.True((await Bot.EditAsync(Ada.Id, sent.MessageId, "y", Stop)).Ok);
        Assert.Equal(400, (await Bot.EditAsync(Ada.Id, sent.MessageId, "y", Stop)).Status);

        Assert.Equal(429, (await Bot.EditAsync(Ada.Id, sent.MessageId, "z", Stop)).Status);
        Assert.True((await Bot.CallAsync("sendChatAction", new { chat_id = Ada.Id, action = "typing" }, Stop)).Ok);
    }

    [Fact]
    public async Task Chats_do_not_share_a_budget()
    {
        var bob = await Telegram.Control.CreatePrivateChatAsync("Bob", Stop);
        for (var i = 0; i < 4; i++)
            await Bot.SendAsync(Ada.Id, "x", Stop);

        Assert.True((await Bot.SendAsync(bob.Id, "x", Stop)).Ok);
    }

    [Fact]
    public async Task A_group_takes_20_calls_a_minute()
    {
        var group = await Telegram.Control.CreateGroupAsync("Friends", Stop);
        for (var i = 0; i < 20; i++)
        {
            Assert.True((await Bot.SendAsync(group.Id, "x", Stop)).Ok);
            _time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(TimeSpan.FromSeconds(40), (await Bot.SendAsync(group.Id, "x", Stop)).RetryAfter);
        _time.Advance(TimeSpan.FromSeconds(39));
        Assert.Equal(TimeSpan.FromSeconds(1), (await Bot.SendAsync(group.Id, "x", Stop)).RetryAfter);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.True((await Bot.SendAsync(group.Id, "x", Stop)).Ok);
    }

    [Fact]
    public async Task A_penalty_makes_the_wait_longer_and_the_limits_can_be_lifted()
    {
        await Telegram.Control.SetLimitsAsync(new() { Enabled = true, ChatPerSecond = 1, ChatBurst = 1, PenaltySeconds = 30 }, Stop);
        await Bot.SendAsync(Ada.Id, "x", Stop);
        Assert.Equal(TimeSpan.FromSeconds(31), (await Bot.SendAsync(Ada.Id, "x", Stop)).RetryAfter);
        await Telegram.Control.SetLimitsAsync(new(), Stop);

        Assert.True((await Bot.SendAsync(Ada.Id, "x", Stop)).Ok);
    }
}
