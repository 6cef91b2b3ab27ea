using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;
using Clawdex.TelegramEmulator.Control;
using Clawdex.TelegramEmulator.Faults;

namespace Clawdex.Gateway.Tests.Turns;

/// <summary>Telegram refuses a call for a reason that nobody knows, or answers it in no way that can be read: delivered means shown.</summary>
public sealed class RefusalTests(SharedGateway shared)
{
    private const string Notice = @"^⚠️ Telegram refused to show this answer, or a part of it\. \(ref [0-9a-f]{8}\)$";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_send_that_is_refused_for_good_ends_the_turn_as_failed_with_one_notice()
    {
        var gate = new Gate();
        Script("refuse each send", gate, "Text.");
        var chat = await shared.Gateway.ChatAsync();
        await RefuseAsync(chat, "sendMessage", times: 4);

        await chat.SayAsync("refuse each send");
        await RefusedAsync(chat, 2);
        gate.Open();

        var turn = await EndedAsync(chat);
        Assert.Equal((TurnState.Failed, "refused"), (turn.State, shared.Sessions.ErrorOf(turn.TurnId)));
        Assert.Matches(Notice, Assert.Single(await chat.BotTextsAsync()));
        Assert.Equal(4, (await RefusedAsync(chat, 4)).Count);
    }

    [Fact]
    public async Task What_is_refused_with_markup_is_tried_as_plain_text()
    {
        var gate = new Gate();
        Script("refuse my markup", gate, "One ", "**two**.");
        var chat = await shared.Gateway.ChatAsync();
        await chat.SayAsync("refuse my markup");
        await chat.ReadsAsync("One");
        await RefuseAsync(chat, "editMessageText", times: 1);

        gate.Open();
        gate.Open();

        Assert.Equal(TurnState.Delivered, (await EndedAsync(chat)).State);
        Assert.Equal(["One two."], await chat.BotTextsAsync());
        Assert.Null((await chat.TimelineAsync()).Last(entry => entry is { Kind: TimelineKind.Edit, Ok: true }).ParseMode);
    }

    [Fact]
    public async Task A_message_whose_edits_are_refused_is_replaced_by_one_with_the_complete_text()
    {
        var gate = new Gate();
        Script("refuse each edit", gate, "One ", "two ", "three.");
        var chat = await shared.Gateway.ChatAsync();
        await chat.SayAsync("refuse each edit");
        var first = await chat.ReadsAsync("One");
        await RefuseAsync(chat, "editMessageText", times: 0);

        gate.Open();
        await RefusedAsync(chat, 2);
        gate.Open();
        gate.Open();

        var turn = await EndedAsync(chat);
        Assert.Equal(TurnState.Delivered, turn.State);
        Assert.Equal(["One two three."], await chat.BotTextsAsync());
        Assert.DoesNotContain(first.MessageId, turn.ReplyMessageIds);
        // A frame, the whole text, and that once more after the store knows that a message is to be sent: each with and without markup.
        Assert.Equal(6, (await RefusedAsync(chat, 6)).Count);
    }

    [Fact]
    public async Task A_part_that_is_refused_is_named_below_the_part_that_is_shown()
    {
        var gate = new Gate();
        var (first, second) = (new string('a', 3000), new string('b', 3000));
        Script("refuse the second part", gate, first, $"\n\n{second}");
        var chat = await shared.Gateway.ChatAsync();
        await chat.SayAsync("refuse the second part");
        await chat.ReadsAsync(first);
        await RefuseAsync(chat, "sendMessage", times: 0);

        gate.Open();
        gate.Open();

        Assert.Equal(TurnState.Failed, (await EndedAsync(chat)).State);
        var shown = Assert.Single(await chat.BotTextsAsync());
        Assert.StartsWith($"{first}\n\n⚠️", shown, StringComparison.Ordinal);
        Assert.Matches(Notice, shown[(first.Length + 2)..]);
    }

    [Fact]
    public async Task An_answer_that_a_crash_left_unshown_and_telegram_refuses_ends_as_failed()
    {
        await using var gateway = await GatewayUnderTest.PrepareAsync(null);
        var chat = await gateway.ChatAsync();
        var left = gateway.Sessions.Leave(
            $"telegram:{chat.Id}", "left", TurnState.Accepted, TimeProvider.System.GetUtcNow());
        gateway.Sessions.Answer(left, "The whole answer.");
        await gateway.Telegram.Control.AddFaultAsync(Refusal(chat, "sendMessage", times: 2), Cancel);

        await gateway.StartGatewayAsync();

        await Eventually.TrueAsync(() => gateway.Sessions.TurnsOf(chat.Id) is [{ State: TurnState.Failed }]);
        Assert.Matches(Notice, Assert.Single(await chat.BotTextsAsync()));
    }

    [Fact]
    public async Task A_page_that_is_not_telegrams_is_no_refusal()
    {
        shared.Llm.When("a page of a proxy", "Here.");
        var chat = await shared.Gateway.ChatAsync();
        foreach (var status in (int[])[404, 401, 200])
            await shared.Telegram.AddFaultAsync(
                new Fault(FaultKind.Respond) { Method = "sendMessage", ChatId = chat.Id, Status = status, Body = "<html>Not here</html>", ContentType = "text/html" }, Cancel);

        await chat.SayAsync("a page of a proxy");

        Assert.Equal(TurnState.Delivered, (await EndedAsync(chat)).State);
        Assert.Equal(["Here."], await chat.BotTextsAsync());
    }

    [Fact]
    public async Task An_edit_that_telegram_took_is_not_repeated_although_its_answer_is_no_message()
    {
        var gate = new Gate();
        Script("edit without an answer", gate, "One ", "two.");
        var chat = await shared.Gateway.ChatAsync();
        await chat.SayAsync("edit without an answer");
        await chat.ReadsAsync("One");
        await TakeSilentlyAsync(chat, "editMessageText");

        gate.Open();
        gate.Open();

        Assert.Equal(TurnState.Delivered, (await EndedAsync(chat)).State);
    }

    [Fact]
    public async Task A_send_that_is_never_answered_by_a_message_is_not_repeated_for_ever()
    {
        shared.Llm.When("send without an answer", "Text.");
        var chat = await shared.Gateway.ChatAsync();
        await TakeSilentlyAsync(chat, "sendMessage");

        await chat.SayAsync("send without an answer");

        Assert.Equal(TurnState.Failed, (await EndedAsync(chat)).State);
    }

    [Fact]
    public async Task A_send_that_telegram_took_without_saying_which_message_it_is_is_found_and_not_repeated()
    {
        shared.Llm.When("send of the wrong shape", "Here.");
        var chat = await shared.Gateway.ChatAsync();
        await shared.Telegram.AddFaultAsync(
            new Fault(FaultKind.RespondAfter) { Method = "sendMessage", ChatId = chat.Id, Status = 200, Body = """{"ok":true,"result":true}""" }, Cancel);

        await chat.SayAsync("send of the wrong shape");

        Assert.Equal(TurnState.Delivered, (await EndedAsync(chat)).State);
        Assert.Equal(["Here."], await chat.BotTextsAsync());
    }

    private void Script(string question, Gate gate, params string[] pieces) => shared.Llm.When(question, async call =>
    {
        foreach (var piece in pieces)
        {
            await call.SayAsync(piece);
            await gate.PassAsync(call.Cancelled);
        }
    });

    private Task<ActiveFault> RefuseAsync(EmulatedChat chat, string method, int times) => shared.Telegram.AddFaultAsync(Refusal(chat, method, times), Cancel);

    private static Fault Refusal(EmulatedChat chat, string method, int times) => new(FaultKind.Respond)
    {
        Method = method,
        ChatId = chat.Id,
        Times = times,
        Status = 400,
        Body = """{"ok":false,"error_code":400,"description":"Bad Request: something new"}""",
    };

    private Task<ActiveFault> TakeSilentlyAsync(EmulatedChat chat, string method) => shared.Telegram.AddFaultAsync(
        new Fault(FaultKind.Respond) { Method = method, ChatId = chat.Id, Times = 0, Status = 200, Body = """{"ok":true,"result":true}""" }, Cancel);

    /// <summary>Waits until so many calls were refused; all that were.</summary>
    private static async Task<IReadOnlyList<TimelineEntry>> RefusedAsync(EmulatedChat chat, int count)
    {
        IReadOnlyList<TimelineEntry> refused = [];
        await Eventually.TrueAsync(async _ =>
        {
            refused = [.. (await chat.TimelineAsync()).Where(entry => entry.ErrorCode == 400)];
            return refused.Count >= count;
        });
        return refused;
    }

    private async Task<Turn> EndedAsync(EmulatedChat chat)
    {
        await Eventually.TrueAsync(() => shared.Sessions.TurnsOf(chat.Id) is [{ State: >= TurnState.Delivered }]);
        return shared.Sessions.TurnsOf(chat.Id)[0];
    }
}
