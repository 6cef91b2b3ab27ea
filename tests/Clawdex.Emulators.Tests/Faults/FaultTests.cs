using Clawdex.TelegramEmulator.Control;
using Clawdex.TelegramEmulator.Faults;

namespace Clawdex.Emulators.Tests.Faults;

/// <summary>What can go wrong on request.</summary>
public sealed class FaultTests : EmulatorTest
{
    [Fact]
    public async Task A_fault_hits_the_calls_it_names_as_often_as_it_says()
    {
        var bob = await Telegram.Control.CreatePrivateChatAsync("Bob", Stop);
        await Telegram.Control.AddFaultAsync(new(FaultKind.TooManyRequests) { Method = "SendMessage", ChatId = Ada.Id, Times = 2, Skip = 1, RetryAfter = 7 }, Stop);

        Assert.True((await Bot.SendAsync(bob.Id, "x", Stop)).Ok);
        Assert.True((await Bot.SendAsync(Ada.Id, "1", Stop)).Ok);
        var hit = await Bot.SendAsync(Ada.Id, "2", Stop);
        Assert.Equal((429, 7, TimeSpan.FromSeconds(7)), (hit.Status, hit.Body.GetProperty("parameters").GetProperty("retry_after").GetInt32(), hit.RetryAfter));
        Assert.Equal(429, (await Bot.SendAsync(Ada.Id, "3", Stop)).Status);
        Assert.True((await Bot.SendAsync(Ada.Id, "4", Stop)).Ok);
        Assert.Empty(await Telegram.Control.GetFaultsAsync(Stop));
        Assert.Equal(["1", "4"], (await Ada.GetMessagesAsync(Stop)).Select(message => message.Text));
    }

    [Fact]
    public async Task A_fault_without_end_lasts_until_it_is_removed()
    {
        var fault = await Telegram.Control.AddFaultAsync(new(FaultKind.Respond) { Method = "getMe", Times = 0, Body = """{"ok":false,"error_code":500,"description":"Internal Server Error"}""" }, Stop);
        for (var i = 0; i < 5; i++)
            Assert.Equal(500, (await Bot.CallAsync("getMe", new { }, Stop)).Status);
        Assert.Equal(5, Assert.Single(await Telegram.Control.GetFaultsAsync(Stop)).Hits);
        await Telegram.Control.RemoveFaultAsync(fault.Id, Stop);

        Assert.True((await Bot.CallAsync("getMe", new { }, Stop)).Ok);
    }

    [Fact]
    public async Task A_fault_by_chance_hits_the_share_that_it_says_and_the_same_calls_of_a_chat_for_the_same_seed()
    {
        const int calls = 200;
        var bob = await Telegram.Control.CreatePrivateChatAsync("Bob", Stop);
        var chance = new Fault(FaultKind.TooManyRequests) { Method = "sendChatAction", Times = 0, Probability = 0.3 };
        async Task<string> FateAsync(EmulatedChat chat) =>
            (await Bot.CallAsync("sendChatAction", new { chat_id = chat.Id, action = "typing" }, Stop)).Ok ? "." : "!";

        List<string> runs = [];
        foreach (var (seed, isBobBusy) in ((int, bool)[])[(7, false), (7, true), (8, false)])
        {
            var fault = await Telegram.Control.AddFaultAsync(chance with { Seed = seed }, Stop);
            var fates = "";
            for (var call = 0; call < calls; call++)
            {
                fates += await FateAsync(Ada);
                if (isBobBusy)
                    await FateAsync(bob);
            }

            runs.Add(fates);
            await Telegram.Control.RemoveFaultAsync(fault.Id, Stop);
        }

        Assert.All(runs, run => Assert.InRange(run.Count(fate => fate is '!'), 30, 90));
        Assert.Equal(runs[0], runs[1]);
        Assert.NotEqual(runs[0], runs[2]);
        await Assert.ThrowsAsync<InvalidOperationException>(() => Telegram.Control.AddFaultAsync(chance with { Probability = 1.5 }, Stop));
    }

    [Fact]
    public async Task An_answer_can_be_html_or_nothing()
    {
        await Telegram.Control.AddFaultAsync(new(FaultKind.Respond) { Status = 502, Body = "<html>Bad Gateway</html>", ContentType = "text/html" }, Stop);
        await Telegram.Control.AddFaultAsync(new(FaultKind.Respond) { Status = 429, RetryAfter = 9 }, Stop);
        using var http = new HttpClient { BaseAddress = new(Telegram.BaseAddress, $"/bot{Telegram.Token}/") };

        using var html = await http.GetAsync("getMe", Stop);
        using var empty = await http.GetAsync("getMe", Stop);

        Assert.Equal((502, "text/html", "<html>Bad Gateway</html>"), ((int)html.StatusCode, html.Content.Headers.ContentType?.MediaType, await html.Content.ReadAsStringAsync(Stop)));
        Assert.Equal((429, "", TimeSpan.FromSeconds(9)), ((int)empty.StatusCode, await empty.Content.ReadAsStringAsync(Stop), empty.Headers.RetryAfter?.Delta));
    }

    [Theory]
    [InlineData(FaultKind.Respond, 0)]
    [InlineData(FaultKind.RespondAfter, 1)]
    public async Task A_good_answer_can_have_the_wrong_shape_whether_or_not_the_call_took_effect(FaultKind kind, int messages)
    {
        await Telegram.Control.AddFaultAsync(new(kind) { Method = "sendMessage", Status = 200, Body = """{"ok":true,"result":true}""" }, Stop);
        using var http = new HttpClient { BaseAddress = new(Telegram.BaseAddress, $"/bot{Telegram.Token}/") };

        using var answer = await http.GetAsync($"sendMessage?chat_id={Ada.Id}&text=x", Stop);

        Assert.Equal((200, """{"ok":true,"result":true}"""), ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(Stop)));
        Assert.Equal(messages, (await Ada.GetMessagesAsync(Stop)).Count);
    }

    [Theory]
    [InlineData(FaultKind.DropBefore, 0)]
    [InlineData(FaultKind.DropAfter, 1)]
    public async Task A_connection_breaks_before_or_after_the_call_took_effect(FaultKind kind, int messages)
    {
        await Telegram.Control.AddFaultAsync(new(kind) { Method = "sendMessage" }, Stop);

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => Bot.SendAsync(Ada.Id, "x", Stop));
        Assert.Equal(messages, (await Ada.GetMessagesAsync(Stop)).Count);
    }

    [Fact]
    public async Task A_hanging_call_is_never_answered_and_has_no_effect()
    {
        await Telegram.Control.AddFaultAsync(new(FaultKind.Hang) { Method = "sendMessage" }, Stop);
        using var gaveUp = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var call = Bot.SendAsync(Ada.Id, "x", gaveUp.Token);

        var entry = await Ada.WaitForEntryAsync(entry => entry.Kind is TimelineKind.Send, Patience, Stop);
        Assert.Equal((false, "injected: never answered"), (entry.Ok, entry.Error));
        Assert.False(call.IsCompleted);
        await gaveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task A_malformed_update_sits_among_good_ones()
    {
        await Ada.SendTextAsync("a", Stop);
        var malformed = await Telegram.Control.InjectMalformedUpdateAsync(Stop);
        var unknown = await Telegram.Control.InjectUnknownUpdateAsync(Stop);
        await Ada.SendTextAsync("b", Stop);

        var updates = (await Bot.CallAsync("getUpdates", new { }, Stop)).Result.EnumerateArray().ToList();

        Assert.Equal(4, updates.Count);
        Assert.Equal((malformed, "not an object"), (updates[1].GetProperty("update_id").GetInt32(), updates[1].GetProperty("message").GetString()));
        Assert.Equal((unknown, true), (updates[2].GetProperty("update_id").GetInt32(), updates[2].TryGetProperty("telepathy", out _)));
    }

    [Fact]
    public async Task A_confirmed_update_can_be_delivered_again()
    {
        await Ada.SendTextAsync("a", Stop);
        var id = Assert.Single(await Bot.PollAsync(0, 0, Stop));
        var poll = Bot.PollAsync(id + 1, 30, Stop);
        await Telegram.Control.WaitForPollAsync(Patience, Stop);
        await Telegram.Control.RedeliverAsync(id, Stop);

        Assert.Equal(id, Assert.Single(await poll));
    }

    [Fact]
    public async Task A_waiting_poll_can_be_reset()
    {
        var poll = Bot.PollAsync(0, 30, Stop);
        await Telegram.Control.WaitForPollAsync(Patience, Stop);
        await Telegram.Control.DropPollAsync(Stop);

        await Assert.ThrowsAnyAsync<HttpRequestException>(() => poll);
    }

    [Fact]
    public async Task Rejected_calls_are_in_the_timeline()
    {
        await Telegram.Control.AddFaultAsync(new(FaultKind.TooManyRequests) { Method = "editMessageText", RetryAfter = 3 }, Stop);
        await Bot.EditAsync(Ada.Id, 5, "x", Stop);
        await Bot.SendHtmlAsync(Ada.Id, "<x>", Stop);

        var entries = (await Ada.GetTimelineAsync(Stop)).Where(entry => !entry.Ok).ToList();

        Assert.Equal((TimelineKind.Edit, 429, 3, 5, "x"), (entries[0].Kind, entries[0].ErrorCode, entries[0].RetryAfter, entries[0].MessageId, entries[0].RawText));
        Assert.NotNull(entries[0].FaultId);
        Assert.Equal((TimelineKind.Send, 400, "<x>", "HTML"), (entries[1].Kind, entries[1].ErrorCode, entries[1].RawText, entries[1].ParseMode));
    }
}
