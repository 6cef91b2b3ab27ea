using Clawdex.Gateway.Access;
using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Tests.Running;
using Clawdex.TelegramEmulator.Control;
using Microsoft.Extensions.Time.Testing;

namespace Clawdex.Gateway.Tests.Access;

/// <summary>People whom the bot does not serve, because <c>channels:telegram:allowedUsers</c> does not name them.</summary>
public sealed class StrangerTests
{
    private const string Refusal = "Sorry, this is a private assistant: it answers only the people its owner has allowed.";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_stranger_is_refused_once_and_costs_nothing()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(("channels:telegram:allowedUsers:0", "424242"));
        var stranger = await gateway.ChatAsync();

        await stranger.SayAsync("hello?");
        await stranger.ReadsAsync(Refusal);
        await stranger.SayAsync("hello??");
        await stranger.SayAsync("/status");
        await Eventually.TrueAsync(async cancel => (await gateway.Telegram.Control.GetUpdatesAsync(cancel)).Pending == 0);

        Assert.Equal([Refusal], await stranger.BotTextsAsync());
        Assert.Empty(gateway.Sessions.Turns);
        Assert.Empty(gateway.Llm.Calls);
    }

    [Fact]
    public async Task Who_is_on_the_list_is_answered()
    {
        await using var gateway = await GatewayUnderTest.PrepareAsync(null, ("channels:telegram:allowedUsers:0", "424242"));
        var chat = await gateway.Telegram.Control.CreateChatAsync(new() { Title = "Ann", Id = 424242 }, Cancel);
        await gateway.StartGatewayAsync();

        await chat.SayAsync("it is me");

        await chat.ReadsAsync("Echo: it is me");
    }

    [Fact]
    public async Task A_star_lets_everyone_in_and_makes_nobody_the_owner()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(("channels:telegram:allowedUsers:0", "*"));
        var chat = await gateway.ChatAsync();

        await chat.SayAsync("anybody");
        await chat.ReadsAsync("Echo: anybody");
        await chat.SayAsync("/users");
        await chat.ReadsAsync(UserTexts.OwnersOnly);
    }

    [Fact]
    public async Task Until_it_can_be_read_who_may_use_the_bot_updates_wait()
    {
        await using var gateway = await GatewayUnderTest.PrepareAsync(null, ("channels:telegram:allowedUsers:0", "1001"));
        var readable = new TaskCompletionSource();
        gateway.Sessions.Before = method => method is "ListPeople" ? readable.Task : Task.CompletedTask;
        var chat = await gateway.Telegram.Control.CreateChatAsync(new() { Title = "Ann", Id = 1001 }, Cancel);
        await chat.SayAsync("hello");
        using var client = gateway.StartDisconnected();
        await Eventually.TrueAsync(async cancel => (await client.GetAsync("/health", cancel)).IsSuccessStatusCode);

        Assert.Equal(1, (await gateway.Telegram.Control.GetUpdatesAsync(Cancel)).Pending);
        readable.SetResult();

        await chat.ReadsAsync("Echo: hello");
    }

    [Fact]
    public async Task A_group_to_which_a_stranger_has_added_the_bot_is_left_with_one_line()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(("channels:telegram:allowedUsers:0", "424242"));
        var group = await gateway.Telegram.Control.CreateChatAsync(new() { Kind = ChatKind.Supergroup, Title = "Team", Access = BotAccess.NotMember }, Cancel);

        await group.SetAccessAsync(BotAccess.Allowed, Cancel);

        await Eventually.TrueAsync(async cancel => (await gateway.Telegram.Control.GetChatAsync(group.Id, cancel)).Info.Access is BotAccess.NotMember);
        Assert.Equal([UserTexts.LeavingGroup], await group.BotTextsAsync());
    }

    [Fact]
    public async Task An_answer_in_a_group_ends_also_when_a_stranger_throws_the_bot_out()
    {
        // Who has added the bot to the group, as the emulator counts.
        await using var gateway = await GatewayUnderTest.StartAsync(("channels:telegram:allowedUsers:0", "1001"));
        gateway.Llm.When("go on and on", call => call.HangAsync());
        var group = await gateway.Telegram.Control.CreateSupergroupAsync("Team", Cancel);
        await group.SayAsync("@clawdex_bot go on and on");
        await Eventually.TrueAsync(() => gateway.Llm.CallsFor("go on and on").Count == 1);

        await gateway.Telegram.Control.InjectUpdateAsync(
            $$$"""{"my_chat_member":{"chat":{"id":{{{group.Id}}},"type":"supergroup","title":"Team"},"from":{"id":5,"is_bot":false,"first_name":"Eve"},"date":1,"old_chat_member":{"status":"member","user":{"id":1,"is_bot":true,"first_name":"Clawdex"}},"new_chat_member":{"status":"left","user":{"id":1,"is_bot":true,"first_name":"Clawdex"} } } }""",
            Cancel);

        await gateway.Llm.CallsFor("go on and on")[0].WasCancelled.WaitAsync(GatewayUnderTest.Soon, Cancel);
    }

    [Fact]
    public async Task A_group_to_which_somebody_who_is_served_has_added_the_bot_is_its_own()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var group = await gateway.Telegram.Control.CreateChatAsync(new() { Kind = ChatKind.Supergroup, Title = "Team", Access = BotAccess.NotMember }, Cancel);

        await group.SetAccessAsync(BotAccess.Allowed, Cancel);
        await group.SayAsync("@clawdex_bot hi");

        await group.ReadsAsync("Echo: hi");
    }

    [Fact]
    public void A_stranger_is_told_again_after_an_hour()
    {
        var time = new FakeTimeProvider();
        var refusals = new Refusals(time);

        Assert.True(refusals.TryTell(2));
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(refusals.TryTell(2));
        Assert.True(refusals.TryTell(3));
        time.Advance(TimeSpan.FromMinutes(58));
        Assert.False(refusals.TryTell(2));
        time.Advance(TimeSpan.FromMinutes(2));
        Assert.True(refusals.TryTell(2));
        Assert.False(refusals.TryTell(null));
    }

    [Fact]
    public void A_crowd_is_told_once_a_second_and_20_times_in_any_minute()
    {
        var time = new FakeTimeProvider();
        var refusals = new Refusals(time);
        List<TimeSpan> told = [];
        for (var tenth = 0; tenth < 3000; tenth++, time.Advance(TimeSpan.FromSeconds(0.1)))
        {
            if (refusals.TryTell(tenth + 1))
                told.Add(TimeSpan.FromSeconds(tenth / 10.0));
        }

        Assert.Equal(100, told.Count);
        Assert.All(told.Zip(told.Skip(1)), pair => Assert.True(pair.Second - pair.First >= TimeSpan.FromSeconds(0.99)));
        Assert.All(told.Zip(told.Skip(Refusals.MostPerMinute)), pair => Assert.True(pair.Second - pair.First >= TimeSpan.FromSeconds(59.9)));
    }
}
