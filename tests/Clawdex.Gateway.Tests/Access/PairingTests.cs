using System.Net;
using Clawdex.Gateway.Tests.Running;
using Clawdex.Testing;
using Grpc.Core;
using static Clawdex.Gateway.Tests.Access.PairingSteps;

namespace Clawdex.Gateway.Tests.Access;

/// <summary>A bot whose settings name nobody: it serves nobody until its link is opened, and then its owner.</summary>
public sealed class PairingTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Who_opens_the_link_first_is_the_owner_and_the_stranger_costs_nothing()
    {
        await using var gateway = await UnclaimedAsync();
        var (stranger, owner) = (await gateway.ChatAsync(), await gateway.ChatAsync());
        await stranger.SayAsync("hello?");
        var told = await stranger.ReadsAsync(message => message.Text.StartsWith("This assistant has no owner yet", StringComparison.Ordinal));
        var link = await DrawAsync(gateway);
        Assert.Matches(@"^https://t\.me/clawdex_bot\?start=claim_[A-Za-z0-9_-]{22}$", link);

        await owner.SayAsync(StartOf(link));
        await owner.SayAsync("it is me");
        await owner.ReadsAsync(message => message.Text.StartsWith("🔑 This assistant is yours now.", StringComparison.Ordinal) && message.Text.Contains("/revoke <id>", StringComparison.Ordinal));
        await owner.ReadsAsync("Echo: it is me");
        await stranger.SayAsync(StartOf(link));
        await owner.SayAsync(StartOf(link));
        await owner.ReadsAsync(message => message.Text.StartsWith("👋 Hello!", StringComparison.Ordinal));

        Assert.Equal([told.Text], await stranger.BotTextsAsync());
        Assert.Single(gateway.Llm.Calls);
        Assert.Single(gateway.Sessions.Turns);
        Assert.DoesNotContain(gateway.Logs.GetSnapshot(), record => record.Says(link[^22..]));
        using var again = await PostAsync(gateway, Secret);
        Assert.Equal(HttpStatusCode.Conflict, again.StatusCode);
    }

    [Fact]
    public async Task Who_shows_the_link_hears_when_it_is_of_no_use_any_more()
    {
        await using var gateway = await UnclaimedAsync();
        var owner = await gateway.ChatAsync();
        Assert.Equal(HttpStatusCode.NotFound, await StateAsync(gateway, Secret));
        var link = await DrawAsync(gateway);

        Assert.Equal(HttpStatusCode.NoContent, await StateAsync(gateway, Secret));
        Assert.Equal(HttpStatusCode.Unauthorized, await StateAsync(gateway, null));
        await owner.SayAsync(StartOf(link));
        await owner.ReadsAsync(IsYours);

        Assert.Equal(HttpStatusCode.NotFound, await StateAsync(gateway, Secret));
    }

    [Fact]
    public async Task The_owner_is_the_owner_after_a_restart()
    {
        await using var gateway = await UnclaimedAsync();
        var owner = await gateway.ChatAsync();
        await owner.SayAsync(StartOf(await DrawAsync(gateway)));
        await owner.ReadsAsync(IsYours);

        await gateway.StopGatewayAsync();
        await gateway.StartGatewayAsync();
        await owner.SayAsync("still me");

        await owner.ReadsAsync("Echo: still me");
    }

    [Theory]
    [InlineData(null)]
    [InlineData("another-secret-of-at-least-32-characters")]
    public async Task Who_does_not_know_the_services_secret_gets_no_link(string? secret)
    {
        await using var gateway = await UnclaimedAsync();

        using var answer = await PostAsync(gateway, secret);

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task Without_a_secret_nobody_gets_a_link()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(("channels:telegram:everyoneIsOwner", "false"));

        using var answer = await PostAsync(gateway, "");

        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
    }

    [Fact]
    public async Task A_link_counts_only_where_its_opener_alone_can_have_sent_it()
    {
        await using var gateway = await UnclaimedAsync();
        var group = await gateway.Telegram.Control.CreateSupergroupAsync("Team", Cancel);
        var chat = await gateway.ChatAsync();
        var start = StartOf(await DrawAsync(gateway));

        await group.SayAsync(start);
        await group.SayAsync(start.Replace("/start", "/start@clawdex_bot", StringComparison.Ordinal));
        // As the library reads it, and with an origin that a later version of the Bot API has.
        foreach (var origin in (string[])["""{"type":"user","date":1,"sender_user":{"id":8,"is_bot":false,"first_name":"Eve"}}""", """{"type":"thought","date":1}"""])
            await gateway.Telegram.Control.InjectUpdateAsync(Forwarded(chat, start, origin), Cancel);
        await Eventually.TrueAsync(async cancel => (await gateway.Telegram.Control.GetUpdatesAsync(cancel)).Pending == 0);
        Assert.Equal(0, gateway.Sessions.PeopleCount);

        await chat.SayAsync(start);
        await chat.ReadsAsync(IsYours);
    }

    [Fact]
    public async Task In_a_deployment_the_link_is_what_its_settings_say()
    {
        const string Code = "0123456789abcdefghij-_";
        await using var gateway = await GatewayUnderTest.StartAsync(("channels:telegram:everyoneIsOwner", "false"), ("channels:telegram:claim", Code));
        var owner = await gateway.ChatAsync();

        await owner.SayAsync($"/start claim_{Code}");

        await owner.ReadsAsync(IsYours);
    }

    [Fact]
    public async Task A_claim_that_cannot_be_stored_is_told_and_works_when_it_can()
    {
        await using var gateway = await UnclaimedAsync();
        var owner = await gateway.ChatAsync();
        var start = StartOf(await DrawAsync(gateway));
        gateway.Sessions.Outage = new Status(StatusCode.Internal, "broken");

        await owner.SayAsync(start);
        await owner.ReadsAsync(message => message.Text.StartsWith("⚠️ Something went wrong on my side.", StringComparison.Ordinal));
        gateway.Sessions.Outage = null;
        await owner.SayAsync(start);

        await owner.ReadsAsync(IsYours);
    }
}
