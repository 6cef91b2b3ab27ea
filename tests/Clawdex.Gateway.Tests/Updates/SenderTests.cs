using Clawdex.Gateway.Tests.Running;
using Clawdex.TelegramEmulator.Control;
using Clawdex.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Clawdex.Gateway.Tests.Updates;

/// <summary>Members who write as a channel, and a bot whose name changes while it runs.</summary>
public sealed class SenderTests(SharedGateway shared)
{
    private const string AsChannel =
        """ "from":{"id":136817688,"is_bot":true,"first_name":"Channel","username":"Channel_Bot"},"sender_chat":{"id":-1001234567890,"type":"channel","title":"Ada's"} """;

    private const string Forwarded =
        """ "from":{"id":777000,"is_bot":false,"first_name":"Telegram"},"sender_chat":{"id":-1001234567890,"type":"channel","title":"Ada's"},"is_automatic_forward":true """;

    private const string OtherBot = """ "from":{"id":99,"is_bot":true,"first_name":"Other","username":"other_bot"} """;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_member_who_writes_as_a_channel_is_answered()
    {
        var group = await shared.Telegram.CreateSupergroupAsync("Team", Cancel);

        await WriteAsync(shared.Telegram, group, AsChannel, "@clawdex_bot hi");

        await group.ReadsAsync("Echo: hi");
    }

    [Fact]
    public async Task A_channels_post_in_its_discussion_group_is_answered_only_if_it_mentions_the_bot_and_another_bot_never()
    {
        var group = await shared.Telegram.CreateSupergroupAsync("Team", Cancel);

        await WriteAsync(shared.Telegram, group, Forwarded, "news of the day");
        await WriteAsync(shared.Telegram, group, OtherBot, "@clawdex_bot are you a bot, too?");
        await WriteAsync(shared.Telegram, group, Forwarded, "@clawdex_bot what do you think?");
        await group.ReadsAsync("Echo: what do you think?");

        Assert.Single(await group.BotTextsAsync());
    }

    [Fact]
    public async Task Nobody_gets_past_the_list_of_users_by_writing_as_a_channel()
    {
        // Who has added the bot to the group, as the emulator counts.
        await using var gateway = await GatewayUnderTest.StartAsync(("channels:telegram:allowedUsers:0", "1001"));
        var group = await gateway.Telegram.Control.CreateSupergroupAsync("Team", Cancel);

        await WriteAsync(gateway.Telegram.Control, group, AsChannel, "@clawdex_bot hi");
        await Eventually.TrueAsync(async cancel => (await gateway.Telegram.Control.GetUpdatesAsync(cancel)).Pending == 0);

        Assert.Empty(gateway.Sessions.Turns);
        Assert.Empty(await group.BotTextsAsync());
    }

    [Fact]
    public async Task A_bot_that_was_renamed_while_telegram_was_away_answers_to_its_new_name()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var group = await gateway.Telegram.Control.CreateSupergroupAsync("Team", Cancel);
        await RenameAsync(gateway);

        await gateway.BreakPollAsync();
        await group.SayAsync("@newname_bot hi");
        await group.ReadsAsync("Echo: hi");
        await group.SayAsync("/help@newname_bot");
        await group.ReadsAsync(message => message.Text.Contains("/reset", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_bot_that_was_renamed_answers_to_its_new_name_within_minutes()
    {
        const string Secret = "the-webhook_secret";
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var gateway = await GatewayUnderTest.PrepareAsync(
            time, ("channels:telegram:webhookUrl", "http://127.0.0.1:9/telegram/updates"), ("channels:telegram:webhookSecret", Secret));
        await gateway.StartGatewayAsync();
        await Eventually.TrueAsync(() => gateway.Logs.GetSnapshot().Any(record => record.Says("delivers updates to the webhook")));
        var group = await gateway.Telegram.Control.CreateSupergroupAsync("Team", Cancel);
        await RenameAsync(gateway);
        time.Advance(TimeSpan.FromMinutes(6));

        using var http = gateway.Client();
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri("/telegram/updates", UriKind.Relative))
        {
            Content = new StringContent($$"""{"update_id":5,{{Update(group, """ "from":{"id":7,"is_bot":false,"first_name":"Ada"} """, "@newname_bot hi", time)}}}"""),
        };
        request.Headers.Add("X-Telegram-Bot-Api-Secret-Token", Secret);
        using var response = await http.SendAsync(request, Cancel);

        await group.ReadsAsync("Echo: hi");
    }

    private static Task<TelegramEmulator.Faults.ActiveFault> RenameAsync(GatewayUnderTest gateway) => gateway.Telegram.Control.AddFaultAsync(
        new TelegramEmulator.Faults.Fault(TelegramEmulator.Faults.FaultKind.Respond)
        {
            Method = "getMe",
            Times = 0,
            Status = 200,
            Body = """{"ok":true,"result":{"id":1,"is_bot":true,"first_name":"Clawdex","username":"newname_bot"}}""",
        },
        Cancel);

    private static Task<int> WriteAsync(TelegramEmulatorControl telegram, EmulatedChat group, string sender, string text) =>
        telegram.InjectUpdateAsync($$"""{{{Update(group, sender, text, TimeProvider.System)}}}""", Cancel);

    private static string Update(EmulatedChat group, string sender, string text, TimeProvider time) =>
        $$"""
        "message":{"message_id":9002,"date":{{time.GetUtcNow().ToUnixTimeSeconds()}},"chat":{"id":{{group.Id}},"type":"supergroup","title":"Team"},{{sender}},"text":"{{text}}"}
        """;
}
