using System.Globalization;
using Clawdex.Gateway.Access;
using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Telegram;
using Clawdex.Gateway.Tests.Running;
using Clawdex.Gateway.Turns;
using Clawdex.TelegramEmulator.Control;
using static Clawdex.Gateway.Tests.Access.PairingSteps;
using ButtonPress = Clawdex.TelegramEmulator.Control.ButtonPress;

namespace Clawdex.Gateway.Tests.Access;

/// <summary>Whom the owner lets in, what they may do, and how he lets them out.</summary>
public sealed class AdmittedTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

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
        // One token of message, seven of system prompt, and an answer whose end nobody has seen; what was not begun costs nothing.
        Assert.Equal(1 + 7 + gateway.Llm.CallsFor("long")[0].Request.MaxOutputTokens, gateway.Sessions.UsedBy(friend.Id));
    }

    [Fact]
    public async Task Who_is_let_out_is_answered_no_further_in_a_group_either()
    {
        await using var gateway = await UnclaimedAsync();
        gateway.Llm.When("long", async call =>
        {
            await call.SayAsync("first words");
            await call.HangAsync();
        });
        var owner = await gateway.ChatAsync();
        await owner.SayAsync(StartOf(await DrawAsync(gateway)));
        await owner.ReadsAsync(IsYours);
        var group = await gateway.Telegram.Control.CreateChatAsync(new() { Kind = ChatKind.Supergroup, Title = "Team", Access = BotAccess.NotMember }, Cancel);
        var friend = group.Info.Members[0].Id;
        await gateway.Get<People>().AddAsync(friend, owner.Id, Cancel);
        await group.SetAccessAsync(BotAccess.Allowed, Cancel);
        await group.SayAsync("@clawdex_bot long");
        await group.ReadsAsync("first words");

        await owner.SayAsync($"/revoke {friend}");

        await owner.ReadsAsync($"🚪 {friend} is let out.");
        await gateway.Llm.CallsFor("long")[0].WasCancelled.WaitAsync(GatewayUnderTest.Soon, Cancel);
        await group.ReadsAsync("first words\n\n⏹ Stopped.");
        await Eventually.TrueAsync(() => gateway.Sessions.TurnsOf(group.Id)[0].State is Clawdex.Sessions.V1.TurnState.Cancelled);
    }

    [Fact]
    public async Task In_a_group_what_everybody_shares_is_the_owners()
    {
        await using var gateway = await GatewayUnderTest.StartAsync(("channels:telegram:allowedUsers:0", "5"), ("channels:telegram:allowedUsers:1", "1001"));
        var group = await gateway.Telegram.Control.CreateSupergroupAsync("Team", Cancel);
        await group.SayAsync("@clawdex_bot hi");
        await group.ReadsAsync("Echo: hi");

        foreach (var command in (string[])["/reset", "/forget", "/compact", "/compact undo", "/retry", "/undo", "/model", "/model fake/other", "/rich", "/rich on"])
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
}
