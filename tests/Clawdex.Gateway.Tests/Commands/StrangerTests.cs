using Clawdex.Gateway.Tests.Running;
using Microsoft.Extensions.Time.Testing;

namespace Clawdex.Gateway.Tests.Commands;

/// <summary><c>channels:telegram:allowedUsers</c>.</summary>
public sealed class StrangerTests
{
    private const string Refusal = "Sorry, this is a private assistant: it answers only the people its owner has allowed.";

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
        var chat = await gateway.Telegram.Control.CreateChatAsync(
            new() { Title = "Ann", Id = 424242 }, TestContext.Current.CancellationToken);
        await gateway.StartGatewayAsync();

        await chat.SayAsync("it is me");

        await chat.ReadsAsync("Echo: it is me");
    }

    [Fact]
    public void A_stranger_is_told_again_after_an_hour()
    {
        var time = new FakeTimeProvider();
        var strangers = new Gateway.Updates.People(
            Microsoft.Extensions.Options.Options.Create(new TelegramOptions { AllowedUsers = [1] }), time);

        Assert.True(strangers.ShouldRefuse(2));
        Assert.False(strangers.ShouldRefuse(2));
        Assert.True(strangers.ShouldRefuse(3));
        time.Advance(TimeSpan.FromMinutes(59));
        Assert.False(strangers.ShouldRefuse(2));
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(strangers.ShouldRefuse(2));
        Assert.True(strangers.Allows(1));
        Assert.False(strangers.Allows(null));
    }

    [Fact]
    public void A_crowd_makes_the_bot_forget_only_whom_it_turned_away_first()
    {
        var strangers = new Gateway.Updates.People(
            Microsoft.Extensions.Options.Options.Create(new TelegramOptions { AllowedUsers = [1] }), new FakeTimeProvider());
        for (var id = 2; id <= 10_002; id++)
            Assert.True(strangers.ShouldRefuse(id));

        Assert.DoesNotContain(Enumerable.Range(3, 10_000), id => strangers.ShouldRefuse(id));
        Assert.True(strangers.ShouldRefuse(2));
    }
}
