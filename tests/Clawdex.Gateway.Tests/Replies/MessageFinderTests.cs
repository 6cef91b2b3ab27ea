using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;
using Clawdex.TelegramEmulator.Control;
using Clawdex.TelegramEmulator.Faults;
using Microsoft.Extensions.Time.Testing;

namespace Clawdex.Gateway.Tests.Replies;

/// <summary>A message whose send was not confirmed is found again, whatever else goes on in its chat.</summary>
public sealed class MessageFinderTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Searches_at_the_same_time_in_one_chat_each_find_their_message()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var forum = await gateway.Telegram.Control.CreateForumAsync("Work", ["Plans", "Fun", "News", "Code", "Food", "Rest"], Cancel);
        // All messages are there before any is looked for, and each probe leaves the other searches time for theirs.
        await gateway.Telegram.Control.AddFaultAsync(new Fault(FaultKind.DropAfter, "sendMessage", forum.Id, Times: 6) { DelayMs = 500 }, Cancel);
        await gateway.Telegram.Control.AddFaultAsync(new Fault(FaultKind.Delay, "editMessageReplyMarkup", forum.Id, Times: 0) { DelayMs = 50 }, Cancel);

        foreach (var topic in forum.Topics)
            await forum.SendAsync(new UserMessage { Text = $"@clawdex_bot topic {topic.Id}", ThreadId = topic.Id }, Cancel);
        await Eventually.TrueAsync(() => gateway.Sessions.Turns is { Count: 6 } turns && turns.All(turn => turn.State is TurnState.Delivered));

        var shown = (await forum.GetMessagesAsync(Cancel)).Where(message => message.From.IsBot && message.Service is null).ToList();
        Assert.Equal(forum.Topics.Select(topic => $"Echo: topic {topic.Id}"), shown.OrderBy(message => message.ThreadId).Select(message => message.Text));
        Assert.All(shown, message => Assert.Null(message.Keyboard));
    }

    /// <summary>The send arrives and its answer does not; then Telegram is away for longer than a search may take.</summary>
    [Theory]
    [InlineData(FaultKind.Hang)]
    [InlineData(FaultKind.DropBefore)]
    [InlineData(FaultKind.Respond)]
    public async Task A_cut_that_is_longer_than_a_search_may_take_costs_no_second_message(FaultKind kind)
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var gateway = await GatewayUnderTest.PrepareAsync(time);
        await gateway.StartGatewayAsync();
        var chat = await gateway.ChatAsync();
        await gateway.Telegram.Control.AddFaultAsync(new Fault(FaultKind.DropAfter, "sendMessage", chat.Id), Cancel);
        foreach (var method in (string[])["editMessageReplyMarkup", "getMe"])
            await gateway.Telegram.Control.AddFaultAsync(new Fault(kind, method, Times: 0), Cancel);
        int Calls(string method) => gateway.Network.CallsOf(chat.Id).Count(call => call == method);
        bool Passes(bool isOver)
        {
            // So slowly that the clock runs no further than it must while the emulator answers.
            time.Advance(TimeSpan.FromMilliseconds(100));
            return isOver;
        }

        await chat.SayAsync("are you there?");
        await Eventually.TrueAsync(() => Passes(Calls("editMessageReplyMarkup") > 0));
        var cut = time.GetTimestamp();
        await Eventually.TrueAsync(() => Passes(time.GetElapsedTime(cut) > TimeSpan.FromSeconds(8)));
        Assert.Equal(1, Calls("sendMessage"));
        await gateway.Telegram.Control.ClearFaultsAsync(Cancel);

        await Eventually.TrueAsync(() => Passes(gateway.Sessions.TurnsOf(chat.Id) is [{ State: TurnState.Delivered }]));
        Assert.Equal(["Echo: are you there?"], await chat.BotTextsAsync());
        Assert.Equal(1, Calls("sendMessage"));
    }
}
