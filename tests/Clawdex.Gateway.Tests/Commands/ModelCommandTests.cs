using Clawdex.Gateway.Tests.Running;
using Clawdex.TelegramEmulator.Control;
using Clawdex.TelegramEmulator.Faults;

namespace Clawdex.Gateway.Tests.Commands;

/// <summary>/model and its buttons.</summary>
public sealed class ModelCommandTests(SharedGateway shared)
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_model_is_shown_switched_and_cleared()
    {
        var chat = await shared.Gateway.ChatAsync();

        await chat.SayAsync("/model");
        var shown = await chat.ReadsAsync(message => message.Text.StartsWith("Current model: fake/model (default)", StringComparison.Ordinal));
        Assert.Contains(shown.Keyboard ?? [], row => row[0].Text == "✓ fake/model");

        await chat.SayAsync("/model@clawdex_bot openai/gpt-4o");
        await chat.ReadsAsync("✅ Model switched to openai/gpt-4o for this conversation.");
        await chat.SayAsync("who answers?");
        await chat.ReadsAsync("Echo: who answers?");
        Assert.Equal("openai/gpt-4o", Assert.Single(shared.Llm.CallsFor("who answers?")).Request.Model);

        await chat.SayAsync("/model");
        await chat.ReadsAsync(message => message.Text.StartsWith("Current model: openai/gpt-4o (set for this conversation)", StringComparison.Ordinal));
        await chat.SayAsync("/model DEFAULT");
        await chat.ReadsAsync("✅ Back to the default model, fake/model.");
    }

    [Fact]
    public async Task The_model_menu_offers_the_default_the_current_one_and_those_that_can_be_asked()
    {
        var chat = await shared.Gateway.ChatAsync();
        await chat.SayAsync("/model fake/other");
        await chat.ReadsAsync("✅ Model switched to fake/other for this conversation.");

        await chat.SayAsync("/model");

        var menu = await chat.ReadsAsync(message => message.Keyboard is not null);
        Assert.Equal(
            ["fake/model", "✓ fake/other", "gemini/gemini-2.5-flash", "gemini/gemini-2.5-pro", "anthropic/claude-sonnet-4", "openai/gpt-4o"],
            (menu.Keyboard ?? []).Select(row => row[0].Text));
    }

    [Fact]
    public async Task A_message_that_waited_behind_a_switch_of_the_model_is_answered_by_the_new_one()
    {
        var gate = new Gate();
        shared.Llm.When("the slow one", async call =>
        {
            await call.SayAsync("Slowly.");
            await gate.PassAsync(call.Cancelled);
        });
        var chat = await shared.Gateway.ChatAsync();
        await chat.SayAsync("the slow one");
        await chat.ReadsAsync("Slowly.");

        await chat.SayAsync("/model fake/next");
        await chat.SayAsync("who is next?");
        await Eventually.TrueAsync(() => shared.Sessions.TurnsOf(chat.Id).Count == 2);
        gate.Open();

        await chat.ReadsAsync("Echo: who is next?");
        Assert.Equal("fake/next", Assert.Single(shared.Llm.CallsFor("who is next?")).Request.Model);
    }

    [Fact]
    public async Task An_unknown_model_is_set_with_a_warning_and_near_names()
    {
        var chat = await shared.Gateway.ChatAsync();

        await chat.SayAsync("/model fake/unknown");

        var reply = await chat.ReadsAsync(message => message.Text.Contains("Did you mean fake/near, fake/nearly?", StringComparison.Ordinal));
        Assert.Equal(["fake/near", "fake/nearly"], (reply.Keyboard ?? []).Select(row => row[0].Text));
    }

    [Fact]
    public async Task A_model_that_does_not_exist_is_not_set_and_the_reason_carries_a_reference()
    {
        var chat = await shared.Gateway.ChatAsync();

        await chat.SayAsync("/model fake/missing");

        await chat.ReadsAsync(message => System.Text.RegularExpressions.Regex.IsMatch(message.Text, @"^⚠️ Gemini has no model 'fake': choose another one with /model\. \(ref [0-9a-f]{8}\)$"));
        await chat.SayAsync("/model");
        await chat.ReadsAsync(message => message.Text.StartsWith("Current model: fake/model (default)", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_button_switches_the_model_in_the_same_message_and_stops_spinning()
    {
        var chat = await shared.Gateway.ChatAsync();
        await chat.SayAsync("/model");
        var menu = await chat.ReadsAsync(message => message.Keyboard is not null);

        await chat.PressAsync(menu.MessageId, menu.DataOf("openai/gpt-4o"), Cancel);

        var changed = await chat.ReadsAsync("✅ Model switched to openai/gpt-4o for this conversation.");
        Assert.Equal(menu.MessageId, changed.MessageId);
        Assert.Contains(await chat.TimelineAsync(), entry => entry is { Kind: TimelineKind.CallbackAnswer, Ok: true });
        Assert.All(menu.Keyboard ?? [], row => Assert.InRange(System.Text.Encoding.UTF8.GetByteCount(row[0].CallbackData ?? ""), 1, 64));
    }

    [Fact]
    public async Task A_button_below_a_forgotten_message_works_and_an_old_one_is_answered()
    {
        var chat = await shared.Gateway.ChatAsync();
        await chat.SayAsync("/model");
        var menu = await chat.ReadsAsync(message => message.Keyboard is not null);

        await chat.PressAsync(new ButtonPress(menu.MessageId, menu.DataOf("openai/gpt-4o")) { IsInaccessible = true }, Cancel);
        var said = await chat.ReadsAsync("✅ Model switched to openai/gpt-4o for this conversation.");
        Assert.NotEqual(menu.MessageId, said.MessageId);

        await chat.PressAsync(menu.MessageId, menu.Keyboard?[0][0].CallbackData ?? "", Cancel);
        await chat.ReadsAsync("✅ Model switched to fake/model for this conversation.");
    }

    [Fact]
    public async Task A_press_whose_message_telegram_refuses_to_change_is_answered_in_a_new_one()
    {
        var chat = await shared.Gateway.ChatAsync();
        await chat.SayAsync("/model");
        var menu = await chat.ReadsAsync(message => message.Keyboard is not null);
        await shared.Telegram.AddFaultAsync(
            new Fault(FaultKind.Respond)
            {
                Method = "editMessageText",
                ChatId = chat.Id,
                Times = 0,
                Status = 400,
                Body = """{"ok":false,"error_code":400,"description":"Bad Request: something new"}""",
            },
            Cancel);

        await chat.PressAsync(menu.MessageId, menu.Keyboard?[0][0].CallbackData ?? "", Cancel);

        var said = await chat.ReadsAsync("✅ Model switched to fake/model for this conversation.");
        Assert.NotEqual(menu.MessageId, said.MessageId);
    }

    [Fact]
    public async Task A_press_that_telegram_has_forgotten_or_that_carries_nothing_harms_nobody()
    {
        var chat = await shared.Gateway.ChatAsync();
        await chat.SayAsync("/model");
        var menu = await chat.ReadsAsync(message => message.Keyboard is not null);
        await shared.Telegram.InjectUpdateAsync(
            $$$$$"""{"callback_query":{"id":"stale","from":{"id":{{{{{chat.Id}}}}},"is_bot":false,"first_name":"Ann"},"chat_instance":"1","data":"{{{{{menu.DataOf("openai/gpt-4o")}}}}}","message":{"message_id":1,"date":0,"chat":{"id":{{{{{chat.Id}}}}},"type":"private"}}}}""",
            Cancel);
        await shared.Telegram.InjectUpdateAsync(
            $$$"""{"callback_query":{"id":"empty","from":{"id":{{{chat.Id}}},"is_bot":false,"first_name":"Ann"},"chat_instance":"1"}}""", Cancel);

        await chat.ReadsAsync("✅ Model switched to openai/gpt-4o for this conversation.");
        await chat.SayAsync("still fine");
        await chat.ReadsAsync("Echo: still fine");
    }
}
