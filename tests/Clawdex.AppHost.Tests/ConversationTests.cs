using Clawdex.LlmEmulator;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.TelegramEmulator.Control;

namespace Clawdex.AppHost.Tests;

/// <summary>The main job, end to end, over every real wire.</summary>
public sealed class ConversationTests : IAsyncLifetime
{
    private ClawdexApp? _app;

    private ClawdexApp App => _app ?? throw new InvalidOperationException("Not started");

    public async ValueTask InitializeAsync() => _app = await ClawdexApp.StartAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
    }

    [Fact]
    public async Task An_answer_grows_in_one_message_by_edits_and_ends_as_exactly_the_models_text()
    {
        var stop = TestContext.Current.CancellationToken;
        App.Models.Script(LlmScript.Of(
            new ScriptStep.Text("Once upon a time"), new ScriptStep.Hold("first"),
            new ScriptStep.Text(" there was a claw"), new ScriptStep.Hold("second"),
            new ScriptStep.Text(" that told stories."), new ScriptStep.Finish()));
        var chat = await App.Telegram.Control.CreatePrivateChatAsync("Ada", stop);

        await ClawdexApp.AskAsync(chat, "Tell me a story", message => message.Text.StartsWith("Once upon a time", StringComparison.Ordinal), stop);
        App.Models.Release("first");
        await chat.WaitForBotMessageAsync(message => message.Text.StartsWith("Once upon a time there was a claw", StringComparison.Ordinal), ClawdexApp.Patience, stop);
        App.Models.Release("second");
        var final = await chat.WaitForBotMessageAsync(message => message.Text == "Once upon a time there was a claw that told stories.", ClawdexApp.Patience, stop);

        var shown = (await chat.GetTimelineAsync(stop)).Where(entry => entry.Kind is TimelineKind.Send or TimelineKind.Edit && entry.Ok).ToList();
        Assert.Single(shown, entry => entry.Kind is TimelineKind.Send);
        Assert.True(shown.Count(entry => entry.Kind is TimelineKind.Edit) >= 2, "at least two edits");
        Assert.All(shown, entry => Assert.Equal(final.MessageId, entry.MessageId));
    }

    [Fact]
    public async Task The_second_turn_shows_the_first_one_to_the_model_and_a_restarted_session_service_still_does()
    {
        var stop = TestContext.Current.CancellationToken;
        App.Models.Script(LlmScript.Reply("Hello Ada."), LlmScript.Reply("Ada, you said."), LlmScript.Reply("Still Ada."));
        var chat = await App.Telegram.Control.CreatePrivateChatAsync("Ada", stop);

        await ClawdexApp.AskAsync(chat, "I am Ada", message => message.Text == "Hello Ada.", stop);
        await ClawdexApp.AskAsync(chat, "Who am I?", message => message.Text == "Ada, you said.", stop);
        await App.RestartAsync("session", stop);
        await ClawdexApp.AskAsync(chat, "And now?", message => message.Text == "Still Ada.", stop);

        Assert.Equal(
            [("user", "I am Ada"), ("model", "Hello Ada."), ("user", "Who am I?"), ("model", "Ada, you said."), ("user", "And now?")],
            App.Models.Chats[^1].Messages.Select(message => (message.Role, message.Content)));
    }

    [Fact]
    public async Task Two_chats_are_answered_in_parallel()
    {
        var stop = TestContext.Current.CancellationToken;
        App.Models.Script(
            LlmScript.Of(new ScriptStep.Text("Slow"), new ScriptStep.Hold("slow"), new ScriptStep.Text(" answer."), new ScriptStep.Finish()) with { WhenMessageContains = "slow" },
            LlmScript.Reply("Quick answer.") with { WhenMessageContains = "quick" });
        var slow = await App.Telegram.Control.CreatePrivateChatAsync("Ada", stop);
        var quick = await App.Telegram.Control.CreatePrivateChatAsync("Grace", stop);

        await ClawdexApp.AskAsync(slow, "a slow one", message => message.Text.StartsWith("Slow", StringComparison.Ordinal), stop);
        await ClawdexApp.AskAsync(quick, "a quick one", message => message.Text == "Quick answer.", stop);
        App.Models.Release("slow");

        await slow.WaitForBotMessageAsync(message => message.Text == "Slow answer.", ClawdexApp.Patience, stop);
    }

    [Fact]
    public async Task A_model_command_moves_the_next_turn_from_the_gemini_wire_to_the_openrouter_wire()
    {
        var stop = TestContext.Current.CancellationToken;
        App.Models.Script(LlmScript.Reply("From Gemini.").On(LlmWire.Gemini), LlmScript.Reply("From OpenRouter.").On(LlmWire.OpenRouter));
        var chat = await App.Telegram.Control.CreatePrivateChatAsync("Ada", stop);

        await ClawdexApp.AskAsync(chat, "first", message => message.Text == "From Gemini.", stop);
        await ClawdexApp.AskAsync(chat, "/model openai/gpt-4o", message => message.Text.Contains("openai/gpt-4o", StringComparison.Ordinal), stop);
        await ClawdexApp.AskAsync(chat, "second", message => message.Text == "From OpenRouter.", stop);

        Assert.Equal(
            [(LlmWire.Gemini, "gemini-2.5-flash"), (LlmWire.OpenRouter, "openai/gpt-4o")],
            App.Models.Chats.Select(request => (request.Wire, request.Model)));
        Assert.Equal(["first", "From Gemini.", "second"], App.Models.Chats[^1].Messages.Select(message => message.Content));
    }

    [Fact]
    public async Task After_a_stop_and_a_new_start_status_shows_the_earlier_message_count()
    {
        var stop = TestContext.Current.CancellationToken;
        App.Models.Script(LlmScript.Reply("One."), LlmScript.Reply("Two."));
        var chat = await App.Telegram.Control.CreatePrivateChatAsync("Ada", stop);
        await ClawdexApp.AskAsync(chat, "1", message => message.Text == "One.", stop);
        await ClawdexApp.AskAsync(chat, "2", message => message.Text == "Two.", stop);

        await App.RestartAsync(stop);

        var status = await ClawdexApp.AskAsync(chat, "/status", message => message.Text.Contains("Messages", StringComparison.Ordinal), stop);
        Assert.Matches(@"Messages\D*4\b", status.Text);
    }
}
