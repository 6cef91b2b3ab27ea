using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;
using Clawdex.TelegramEmulator.Control;
using Clawdex.TelegramEmulator.Faults;

namespace Clawdex.Gateway.Tests.Replies;

/// <summary>An answer with what ordinary messages cannot show ends as a rich message, where the settings say so.</summary>
public sealed class RichMessageTests(SharedGateway shared)
{
    private const string Table = "Here:\n\n| a | b |\n|---|--:|\n| 1 | 2 |";
    private const string RichTable =
        "<p>Here:</p><table bordered><tr><th>a</th><th align=\"right\">b</th></tr><tr><td>1</td><td align=\"right\">2</td></tr></table>";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_complete_answer_becomes_rich_in_the_message_in_which_it_grew()
    {
        await using var gateway = await StartAsync();
        var gate = new Gate();
        gateway.Llm.When("a table", async call =>
        {
            await call.SayAsync("Here:\n\n");
            await gate.PassAsync(call.Cancelled);
            await call.SayAsync(Table["Here:\n\n".Length..]);
        });
        var chat = await gateway.ChatAsync();
        await chat.SayAsync("a table");
        var first = await chat.ReadsAsync("Here:");
        gate.Open();

        var rich = await chat.ReadsAsync(message => message.RichHtml is not null);

        Assert.Equal((first.MessageId, RichTable), (rich.MessageId, rich.RichHtml));
        var shown = (await chat.TimelineAsync()).Where(entry => entry.Kind is TimelineKind.Send or TimelineKind.Edit).ToList();
        Assert.All(shown, entry => Assert.True(entry.Ok));
        Assert.All(shown.SkipLast(1), entry => Assert.Null(entry.Message?.RichHtml));
    }

    [Fact]
    public async Task A_retry_and_a_note_find_their_way_into_a_rich_message()
    {
        await using var gateway = await StartAsync();
        gateway.Llm.When("twice", async call =>
        {
            await call.SayAsync(gateway.Llm.CallsFor("twice").Count == 1 ? Table : "No table.");
            if (gateway.Llm.CallsFor("twice").Count == 1)
                await call.FinishAsync(Clawdex.Llm.V1.FinishReason.Length);
        });
        var chat = await gateway.ChatAsync();
        await chat.SayAsync("twice");
        var rich = await chat.ReadsAsync(message => message.RichHtml is not null);
        Assert.StartsWith(RichTable + "<p>✂️ ", rich.RichHtml, StringComparison.Ordinal);
        await Eventually.TrueAsync(() => gateway.Sessions.Turns is [{ State: TurnState.Delivered }]);

        await chat.SayAsync("/retry");

        var ordinary = await chat.ReadsAsync("No table.");
        Assert.Equal((rich.MessageId, null), (ordinary.MessageId, ordinary.RichHtml));
    }

    [Fact]
    public async Task What_an_ordinary_message_can_show_stays_one()
    {
        await using var gateway = await StartAsync();
        gateway.Llm.When("plain", "A **bold** word and `code`.");
        var chat = await gateway.ChatAsync();

        await chat.SayAsync("plain");
        await Eventually.TrueAsync(() => gateway.Sessions.Turns is [{ State: TurnState.Delivered }]);

        Assert.Null((await chat.ReadsAsync("A bold word and code.")).RichHtml);
    }

    [Fact]
    public async Task By_default_no_message_is_rich()
    {
        shared.Llm.When("a table by default", Table);
        var chat = await shared.Gateway.ChatAsync();

        await chat.SayAsync("a table by default");
        await Eventually.TrueAsync(() => shared.Sessions.TurnsOf(chat.Id) is [{ State: TurnState.Delivered }]);

        Assert.All(await chat.GetMessagesAsync(Cancel), message => Assert.Null(message.RichHtml));
    }

    [Fact]
    public async Task A_chat_that_wants_them_has_them_until_it_wants_them_no_more_and_no_other_chat_does()
    {
        shared.Llm.When("a table as I want it", Table);
        var (chat, other) = (await shared.Gateway.ChatAsync(), await shared.Gateway.ChatAsync());
        await chat.SayAsync("/rich");
        await chat.ReadsAsync(message => message.Text.Contains("are off", StringComparison.Ordinal));

        await chat.SayAsync("/rich On");
        await chat.ReadsAsync(message => message.Text.Contains("are on", StringComparison.Ordinal));
        await AskAsync(other, 1);
        await AskAsync(chat, 1);
        await chat.SayAsync("/rich off");
        await AskAsync(chat, 2);
        await chat.SayAsync("/rich maybe");
        await chat.ReadsAsync("Say /rich on or /rich off.");

        Assert.All(await other.GetMessagesAsync(Cancel), message => Assert.Null(message.RichHtml));
        var answers = (await chat.GetMessagesAsync(Cancel)).Where(message => message.From.IsBot && message.Text.StartsWith("Here", StringComparison.Ordinal) || message.RichHtml is not null);
        Assert.Equal([true, false], answers.Select(message => message.RichHtml is not null));

        async Task AskAsync(EmulatedChat asked, int answers)
        {
            await asked.SayAsync("a table as I want it");
            await Eventually.TrueAsync(() => shared.Sessions.TurnsOf(asked.Id).Count(turn => turn.State is TurnState.Delivered) == answers);
        }
    }

    [Theory]
    [InlineData("Bad Request: RICH_MESSAGE_URL_INVALID", true)]
    [InlineData("Bad Request: message text is empty", false)]
    [InlineData("Not Found: method not found", false)]
    public async Task One_that_Telegram_refuses_stays_as_it_grew_and_a_server_that_knows_none_is_asked_once(string refusal, bool isTriedAgain)
    {
        await using var gateway = await StartAsync();
        gateway.Llm.When("a table", Table);
        var chat = await gateway.ChatAsync();
        var code = refusal.StartsWith("Not", StringComparison.Ordinal) ? 404 : 400;
        await gateway.Telegram.Control.AddFaultAsync(
            new Fault(FaultKind.Respond, "editMessageText", Status: code, Body: $$"""{"ok":false,"error_code":{{code}},"description":"{{refusal}}"}"""), Cancel);

        await chat.SayAsync("a table");
        await DeliveredAsync(gateway, 1);
        var ordinary = Assert.Single(await chat.BotTextsAsync());
        await chat.SayAsync("a table");
        await DeliveredAsync(gateway, 2);

        Assert.StartsWith("Here:\n\n", ordinary, StringComparison.Ordinal);
        var messages = (await chat.GetMessagesAsync(Cancel)).Where(message => message.From.IsBot).ToList();
        Assert.Equal([false, isTriedAgain], messages.Select(message => message.RichHtml is not null));
    }

    private static Task<GatewayUnderTest> StartAsync() => GatewayUnderTest.StartAsync(("channels:telegram:richMessages", "true"));

    private static Task DeliveredAsync(GatewayUnderTest gateway, int count) => Eventually.TrueAsync(() =>
        gateway.Sessions.Turns.Count(turn => turn.State is TurnState.Delivered) == count);
}
