using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Clawdex.Gateway.Access;
using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Telegram;
using Clawdex.Gateway.Tests.Running;
using Clawdex.Gateway.Turns;
using Clawdex.TelegramEmulator.Control;
using Clawdex.Testing;
using Grpc.Core;
using ButtonPress = Clawdex.TelegramEmulator.Control.ButtonPress;

namespace Clawdex.Gateway.Tests.Access;

/// <summary>A bot whose settings name nobody: it serves nobody until its link is opened, and then its owner.</summary>
public sealed class PairingTests
{
    private const string Secret = "the-services-know-each-other-by-this-secret";

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

    [Fact]
    public async Task The_owner_lets_a_stranger_in_who_asked_and_out_again()
    {
        await using var gateway = await UnclaimedAsync(("channels:telegram:allowRequests", "true"));
        var (owner, friend) = (await gateway.ChatAsync(), await gateway.Telegram.Control.CreatePrivateChatAsync("Bob \u202Etxt.exe", Cancel));
        await owner.SayAsync(StartOf(await DrawAsync(gateway)));
        await owner.ReadsAsync(IsYours);

        await friend.SayAsync("may I?");
        await friend.ReadsAsync(UserTexts.StrangerAsked);
        var request = await owner.ReadsAsync(message => message.Text == $"👤 Bob txt.exe (id {friend.Id}) would like to use this assistant.");
        Assert.Equal(["Allow", "Deny"], request.Keyboard?.Select(row => row[0].Text));
        await owner.PressAsync(request.MessageId, request.DataOf("Allow"), Cancel);
        await friend.ReadsAsync(UserTexts.LetIn);
        await friend.SayAsync("thanks");
        await friend.ReadsAsync("Echo: thanks");
        await friend.SayAsync("/users");
        await friend.ReadsAsync(UserTexts.OwnersOnly);

        await owner.SayAsync("/users");
        await owner.ReadsAsync($"Owner: {owner.Id}\nAllowed: {friend.Id}");
        await owner.SayAsync($"/revoke {friend.Id}");
        await owner.ReadsAsync($"🚪 {friend.Id} is let out.");
        await friend.SayAsync("and now?");
        await Eventually.TrueAsync(async cancel => (await gateway.Telegram.Control.GetUpdatesAsync(cancel)).Pending == 0);
        Assert.Empty(gateway.Llm.CallsFor("and now?"));
    }

    [Fact]
    public async Task Nobody_but_the_owner_decides_and_whom_he_denies_is_not_asked_for_again()
    {
        await using var gateway = await UnclaimedAsync(("channels:telegram:allowRequests", "true"));
        var (owner, friend, stranger) = (await gateway.ChatAsync(), await gateway.ChatAsync(), await gateway.ChatAsync());
        await owner.SayAsync(StartOf(await DrawAsync(gateway)));
        await owner.ReadsAsync(IsYours);
        await friend.SayAsync("may I?");
        await PressAsync(owner, friend, "Allow");
        await friend.ReadsAsync(UserTexts.LetIn);

        // With a client that sends what it likes, and even with a button of the bot's own.
        Assert.Equal(UserTexts.ButtonOutdated, await friend.AnsweredAsync(await friend.PressAsync(new ButtonPress(1, $"allow:{stranger.Id}") { IsInaccessible = true }, Cancel)));
        Assert.Equal(UserTexts.OwnersOnly, await friend.AnsweredAsync(await friend.PressAsync(DecisionOn(gateway, friend, stranger, ButtonAction.Allow), Cancel)));
        await gateway.Telegram.Control.InjectUpdateAsync(Forwarded(friend, "just a message", """{"type":"hidden_user","date":1,"sender_user_name":"Eve"}"""), Cancel);
        await friend.ReadsAsync("Echo: just a message");
        Assert.Equal(2, gateway.Sessions.PeopleCount);

        Assert.True(gateway.Get<AccessRequests>().TryAdd(stranger.Id, "Eve"));
        var denied = await owner.PressAsync(DecisionOn(gateway, owner, stranger, ButtonAction.Deny), Cancel);
        await owner.WaitForEntryAsync(entry => entry.CallbackId == denied.CallbackId && entry.Kind is TimelineKind.CallbackAnswer, GatewayUnderTest.Soon, Cancel);
        await Eventually.TrueAsync(() => !gateway.Get<AccessRequests>().TryAdd(stranger.Id, "Eve"));
        Assert.Equal(2, gateway.Sessions.PeopleCount);
    }

    [Fact]
    public async Task Who_is_let_out_is_answered_no_further()
    {
        await using var gateway = await UnclaimedAsync(("channels:telegram:allowRequests", "true"));
        var begun = new TaskCompletionSource();
        var ended = new TaskCompletionSource();
        gateway.Llm.When("long", async call =>
        {
            await call.SayAsync("first words");
            begun.SetResult();
            await ended.Task.WaitAsync(call.Cancelled);
        });
        var (owner, friend) = (await gateway.ChatAsync(), await gateway.ChatAsync());
        await owner.SayAsync(StartOf(await DrawAsync(gateway)));
        await owner.ReadsAsync(IsYours);
        await friend.SayAsync("may I?");
        await PressAsync(owner, friend, "Allow");
        await friend.ReadsAsync(UserTexts.LetIn);
        await friend.SayAsync("long");
        await friend.SayAsync("queued");
        await begun.Task.WaitAsync(GatewayUnderTest.Soon, Cancel);
        await Eventually.TrueAsync(() => gateway.Sessions.TurnsOf(friend.Id).Count == 2);

        await owner.SayAsync($"/revoke {friend.Id}");
        await owner.ReadsAsync($"🚪 {friend.Id} is let out.");

        await Eventually.TrueAsync(() => gateway.Get<ChatQueues>().IsIdle(new Conversation(friend.Id)));
        Assert.All(gateway.Sessions.TurnsOf(friend.Id), turn => Assert.Equal(Clawdex.Sessions.V1.TurnState.Cancelled, turn.State));
        Assert.Empty(gateway.Llm.CallsFor("queued"));
        // One token of message, seven of system prompt, three of answer; what was not begun costs nothing.
        Assert.Equal(1 + 7 + 3, gateway.Sessions.UsedBy(friend.Id));
    }

    [Fact]
    public async Task In_a_group_what_everybody_shares_is_the_owners()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(("channels:telegram:allowedUsers:0", "5"), ("channels:telegram:allowedUsers:1", "1001"));
        var group = await gateway.Telegram.Control.CreateSupergroupAsync("Team", Cancel);
        await group.SayAsync("@clawdex_bot hi");
        await group.ReadsAsync("Echo: hi");

        foreach (var command in (string[])["/reset", "/forget", "/compact", "/compact undo", "/retry", "/undo", "/model", "/model fake/other"])
        {
            var asked = await group.SayAsync(command);
            await group.WaitForBotMessageAsync(message => message.ReplyToMessageId == asked.MessageId && message.Text == UserTexts.OwnersOnlyHere, GatewayUnderTest.Soon, Cancel);
        }

        var menu = new ButtonPress(1, gateway.DataOf(group, new Button("", ButtonAction.Model, "fake/other", 5))) { IsInaccessible = true };
        Assert.Equal(UserTexts.ButtonOfAnother, await group.AnsweredAsync(await group.PressAsync(menu, Cancel)));
        Assert.Single(gateway.Sessions.Turns);
    }

    private static ButtonPress DecisionOn(GatewayUnderTest gateway, EmulatedChat chat, EmulatedChat about, ButtonAction decision) =>
        new(1, gateway.DataOf(chat, new Button("", decision, about.Id.ToString(CultureInfo.InvariantCulture), null))) { IsInaccessible = true };

    private static async Task PressAsync(EmulatedChat owner, EmulatedChat about, string button)
    {
        var request = await owner.ReadsAsync(message => message.Keyboard is not null && message.Text.Contains($"id {about.Id}", StringComparison.Ordinal));
        await owner.PressAsync(request.MessageId, request.DataOf(button), Cancel);
    }

    private static bool IsYours(EmulatedMessage message) => message.Text.StartsWith("🔑", StringComparison.Ordinal);

    private static Task<GatewayUnderTest> UnclaimedAsync(params (string Key, string Value)[] settings) =>
        GatewayUnderTest.StartAsync([("channels:telegram:everyoneIsOwner", "false"), ("calls:secret", Secret), .. settings]);

    private static async Task<string> DrawAsync(GatewayUnderTest gateway)
    {
        using var answer = await PostAsync(gateway, Secret);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        return await answer.Content.ReadAsStringAsync(Cancel);
    }

    private static async Task<HttpResponseMessage> PostAsync(GatewayUnderTest gateway, string? secret)
    {
        using var http = gateway.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/claim", UriKind.Relative));
        if (secret is not null)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", secret);
        return await http.SendAsync(request, Cancel);
    }

    /// <summary>What Telegram makes of opening the link.</summary>
    private static string StartOf(string link) => $"/start {link[(link.IndexOf('=', StringComparison.Ordinal) + 1)..]}";

    private static string Forwarded(EmulatedChat chat, string text, string origin) => $$$"""
        {"message":{"message_id":9002,"date":{{{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}}},"chat":{"id":{{{chat.Id}}},"type":"private","first_name":"Ann"},
        "from":{"id":{{{chat.Id}}},"is_bot":false,"first_name":"Ann"},"forward_origin":{{{origin}}},"text":"{{{text}}}"}}
        """;
}
