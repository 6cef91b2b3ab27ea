using Microsoft.Extensions.Time.Testing;

namespace Clawdex.Emulators.Tests.Updates;

/// <summary>getUpdates: offsets, long polls and conflicts, under a clock of our own.</summary>
public sealed class PollTests : EmulatorTest
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 9, 1, 12, 0, 0, TimeSpan.Zero));

    private protected override TimeProvider Time => _time;

    [Fact]
    public async Task An_offset_confirms_everything_below_it()
    {
        await SendAsync("a", "b", "c");
        var ids = await Bot.PollAsync(0, 0, Stop);
        Assert.Equal(3, ids.Length);

        Assert.Equal(ids[1..], await Bot.PollAsync(ids[1], 0, Stop));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(ids[1..], await Bot.PollAsync(0, 0, Stop));
    }

    [Fact]
    public async Task A_negative_offset_keeps_the_newest_and_forgets_the_rest()
    {
        await SendAsync("a", "b", "c");

        var newest = await Bot.PollAsync(-1, 0, Stop);

        Assert.Single(newest);
        Assert.Equal(newest, await Bot.PollAsync(0, 0, Stop));
    }

    [Fact]
    public async Task An_offset_far_in_the_future_confirms_nothing()
    {
        await SendAsync("a");

        Assert.Single(await Bot.PollAsync(2_000_000_000, 0, Stop));
        Assert.Single(await Bot.PollAsync(0, 0, Stop));
    }

    [Fact]
    public async Task The_limit_is_kept_and_busy_polling_gets_one_at_a_time()
    {
        await SendAsync("a", "b", "c");

        Assert.Equal(2, (await Bot.CallAsync("getUpdates", new { limit = 2 }, Stop)).Result.GetArrayLength());
        Assert.Single(await Bot.PollAsync(0, 0, Stop));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(3, (await Bot.PollAsync(0, 0, Stop)).Length);
    }

    [Fact]
    public async Task A_long_poll_ends_with_the_first_update()
    {
        var poll = Bot.PollAsync(0, 50, Stop);
        await PollWaitsAsync();
        // The clock stands still: only the update can end it.
        await SendAsync("a");

        Assert.Single(await poll);
    }

    [Fact]
    public async Task A_long_poll_ends_empty_after_its_time_and_after_50_s_at_most()
    {
        var poll = Bot.PollAsync(0, 600, Stop);
        await PollWaitsAsync();
        _time.Advance(TimeSpan.FromSeconds(49));
        Assert.False(poll.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Empty(await poll);
    }

    [Fact]
    public async Task A_newer_poll_ends_the_older_one_with_a_conflict()
    {
        var older = Bot.CallAsync("getUpdates", new { timeout = 50 }, Stop);
        await PollWaitsAsync();
        var newer = Bot.PollAsync(0, 50, Stop);

        var answer = await older;
        Assert.Equal(409, answer.Status);
        Assert.Equal("Conflict: terminated by other getUpdates request; make sure that only one bot instance is running", answer.Error);
        await SendAsync("a");
        Assert.Single(await newer);
    }

    [Fact]
    public async Task A_webhook_forbids_polling_and_ends_a_poll()
    {
        var poll = Bot.CallAsync("getUpdates", new { timeout = 50 }, Stop);
        await PollWaitsAsync();
        Assert.True((await Bot.CallAsync("setWebhook", new { url = "http://127.0.0.1:1/" }, Stop)).Ok);
        Assert.Equal("Conflict: terminated by setWebhook request", (await poll).Error);

        _time.Advance(TimeSpan.FromSeconds(4));
        var refused = await Bot.CallAsync("getUpdates", new { }, Stop);
        Assert.Equal((409, "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"), (refused.Status, refused.Error));
        Assert.True((await Bot.CallAsync("deleteWebhook", new { }, Stop)).Ok);
        Assert.True((await Bot.CallAsync("getUpdates", new { }, Stop)).Ok);
    }

    [Fact]
    public async Task Only_the_wanted_kinds_arrive_and_the_wish_is_kept()
    {
        await Bot.CallAsync("getUpdates", new { allowed_updates = new[] { "edited_message" } }, Stop);
        var sent = await Ada.SendTextAsync("a", Stop);
        await Ada.EditAsync(sent.MessageId, new("b"), Stop);
        _time.Advance(TimeSpan.FromSeconds(5));

        var update = Assert.Single((await Bot.CallAsync("getUpdates", new { }, Stop)).Result.EnumerateArray());
        Assert.Equal("b", update.GetProperty("edited_message").GetProperty("text").GetString());
        _time.Advance(TimeSpan.FromSeconds(5));
        await Bot.CallAsync("getUpdates", new { allowed_updates = Array.Empty<string>() }, Stop);
        await SendAsync("c");
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(2, (await Bot.PollAsync(0, 0, Stop)).Length);
    }

    [Fact]
    public async Task Updates_are_forgotten_after_a_day()
    {
        await SendAsync("a");
        _time.Advance(TimeSpan.FromHours(23));
        Assert.Single(await Bot.PollAsync(0, 0, Stop));
        _time.Advance(TimeSpan.FromHours(1));

        Assert.Empty(await Bot.PollAsync(0, 0, Stop));
    }

    [Fact]
    public async Task Update_ids_can_start_anew_lower()
    {
        await SendAsync("a");
        var high = Assert.Single(await Bot.PollAsync(0, 0, Stop));
        Assert.Empty(await Bot.PollAsync(high + 1, 0, Stop));
        await Telegram.Control.SetNextUpdateIdAsync(5, Stop);
        await SendAsync("b");

        Assert.Equal(5, Assert.Single(await Bot.PollAsync(high + 1, 0, Stop)));
    }

    private async Task SendAsync(params string[] texts)
    {
        foreach (var text in texts)
            await Ada.SendTextAsync(text, Stop);
    }

    /// <summary>Until a poll has arrived and waits.</summary>
    private async Task PollWaitsAsync() => await Telegram.Control.WaitForPollAsync(Patience, Stop);
}
