using Clawdex.LlmEmulator.Scripts;
using Clawdex.TelegramEmulator;
using Clawdex.TelegramEmulator.Control;
using Clawdex.TelegramEmulator.Faults;
using Clawdex.Testing.Telemetry;

namespace Clawdex.AppHost.Tests.Telemetry;

/// <summary>
/// The real system on a day on which everything happens: answers, commands, buttons, and every failure of providers, Telegram
/// and the session service. What the three services exported and wrote to their consoles is kept for the tests to look at.
/// </summary>
public sealed class EventfulDay : IAsyncLifetime
{
    public const string BotToken = "7281936455:AAHk9sVq2LmXw-Zr8TnYb4CuEoPd1GfJi0K";
    public const string GeminiKey = "AIzaSyD-31415926535897932384626433832795";
    public const string OpenRouterKey = "sk-or-v1-2718281828459045235360287471352662";

    /// <summary>In every text and name of a user.</summary>
    public const string Private = "zebra";

    /// <summary>In every text of a model and of a provider.</summary>
    public const string Confidential = "okapi";

    /// <summary>The emulator counts its users from here.</summary>
    private const long FirstUser = 1001;

    private readonly ConsoleLines _console = new();
    private OtlpCollector? _collector;
    private ClawdexApp? _app;

    internal OtlpCollector Collector => _collector ?? throw new InvalidOperationException("Not started");

    internal string Console => _console.Text;

    private ClawdexApp App => _app ?? throw new InvalidOperationException("Not started");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _collector = await OtlpCollector.StartAsync(Stop);
        _app = await ClawdexApp.StartAsync(
            new ClawdexAppOptions
            {
                Variables = _collector.Environment,
                Telegram = new TelegramEmulatorOptions { Token = BotToken },
                GeminiKey = GeminiKey,
                OpenRouterKey = OpenRouterKey,
                Log = _console,
                Settings =
                [
                    "llm:idleTimeoutSeconds=3", "llm:retryAttempts=1", "llm:retryBudgetSeconds=9", "channels:telegram:everyoneIsOwner=false",
                    .. Enumerable.Range(0, 100).Select(i => $"channels:telegram:allowedUsers:{i}={FirstUser + i}"),
                ],
            },
            Stop);
        await LiveThroughAsync();
        // Metrics of the last things are exported within a fifth of a second, and no event says when.
        await UntilAsync(() => Collector.Spans.Any(span => span.Name == "command model" && span.StatusCode == 0));
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
            await _app.DisposeAsync();
        if (_collector is not null)
            await _collector.DisposeAsync();
    }

    private async Task LiveThroughAsync()
    {
        await OrdinaryHoursAsync();
        await ProvidersFailAsync();
        await TelegramFailsAsync();
        await ServicesFailAsync();
        // The last thing that can happen to a bot; who asks whether it is true is told the same.
        await App.Telegram.Control.AddFaultAsync(Answer("getMe", 401, "Unauthorized") with { Times = 0 }, Stop);
        await App.Telegram.Control.AddFaultAsync(Answer("getUpdates", 401, "Unauthorized") with { Times = 0 }, Stop);
        await App.Telegram.Control.DropPollAsync(Stop);
        await UntilAsync(() => Console.Contains("Telegram does not know this bot", StringComparison.Ordinal));
    }

    private async Task OrdinaryHoursAsync()
    {
        var chat = await ChatAsync();
        await AskAsync(chat, "tell", "the end", LongAnswer());
        foreach (var i in (int[])[1, 2, 3])
            await AskAsync(chat, $"question {i}", Confidential, LlmScript.Reply($"**{Confidential}** {i}"));
        await AskAsync(chat, "/compact", "Compacted", LlmScript.Reply($"They talked about an {Confidential}."));
        App.Models.Reset();
        await AskAsync(chat, "/status", "Last trace:");
        await AskAsync(chat, "/help", "/compact");
        await AskAsync(chat, $"/nonsense {Private}", "I do not know /nonsense");
        var menu = await AskAsync(chat, "/model", "Current model");
        await chat.PressAsync(menu.MessageId, (menu.Keyboard ?? []).Single(row => row[0].Text == "openai/gpt-4o")[0].CallbackData ?? "", Stop);
        await chat.WaitForBotMessageAsync(message => message.Text.Contains("openai/gpt-4o` for", StringComparison.Ordinal) || message.Text.Contains("Model switched", StringComparison.Ordinal), ClawdexApp.Patience, Stop);
        await AskAsync(chat, "over the other wire", Confidential, LlmScript.Reply(Confidential));
        await AskAsync(chat, "/model default", "Back to the default");
        await AskAsync(chat, "go on for ever", Confidential, LlmScript.Of(new ScriptStep.Text(Confidential), new ScriptStep.Hold("stopped"), new ScriptStep.Finish()));
        await chat.SendTextAsync("/stop", Stop);
        await chat.WaitForBotMessageAsync(message => message.Text.EndsWith("Stopped.", StringComparison.Ordinal), ClawdexApp.Patience, Stop);
        await chat.SendAsync(new UserMessage { Media = "photo", Text = Private }, Stop);
        await chat.WaitForBotMessageAsync(message => message.Text.Contains("only read text", StringComparison.Ordinal), ClawdexApp.Patience, Stop);
        await AskAsync(chat, "/reset", "History cleared");
        var stranger = await App.Telegram.Control.CreateChatAsync(new NewChat { Title = $"{Private} stranger", Id = 7 }, Stop);
        await AskAsync(stranger, "let me in", "a private assistant");
        await App.Telegram.Control.InjectMalformedUpdateAsync(Stop);
        await App.Telegram.Control.InjectUpdateAsync($$$"""{"message":{"message_id":"{{{Private}}}","text":["{{{Private}}}"]}}""", Stop);
    }

    private async Task ProvidersFailAsync()
    {
        var chat = await ChatAsync();
        var words = $$$"""{"error":{"code":0,"message":"{{{Confidential}}} you said {{{Private}}} with {{{GeminiKey}}}","status":"X"}}""";
        foreach (var status in (int[])[400, 401, 403, 404, 429, 500, 503])
            await AskAsync(chat, $"fail with {status}", "⚠️", LlmScript.Respond(status, words));
        await AskAsync(chat, "break off", "⚠️", LlmScript.Of(new ScriptStep.Text(Confidential), new ScriptStep.Cut()));
        await AskAsync(chat, "fall silent", "⚠️", LlmScript.Of(new ScriptStep.Text(Confidential), new ScriptStep.Stall()));
        await AskAsync(chat, "never begin", "⚠️", LlmScript.Of(new ScriptStep.Stall()));
        await AskAsync(chat, "be a web page", "⚠️", LlmScript.Respond(200, $"<html>{Confidential}", ("Content-Type", "text/html")));

        var other = await ChatAsync();
        for (var i = 0; i < 3; i++)
            await AskAsync(other, $"fill {i}", Confidential, LlmScript.Reply(Confidential));
        await AskAsync(other, "/compact", "⚠️", LlmScript.Respond(401, words));
    }

    private async Task TelegramFailsAsync()
    {
        Fault[] faults =
        [
            new(FaultKind.TooManyRequests, RetryAfter: 1), new(FaultKind.DropBefore), new(FaultKind.DropAfter),
            Answer("sendMessage", 400, $"Bad Request: can't parse entities: Unsupported start tag \\\"{Private}\\\" at byte offset 3"),
            Answer("sendMessage", 401, "Unauthorized"), Answer("sendMessage", 403, "Forbidden: bot was blocked by the user"),
            Answer("sendMessage", 400, $"Bad Request: something about {Private}"),
            new(FaultKind.Respond, Status: 502, Body: $"<html>{Private} {BotToken}</html>", ContentType: "text/html"),
        ];
        foreach (var fault in faults)
        {
            var chat = await ChatAsync();
            await App.Telegram.Control.AddFaultAsync(fault with { Method = "sendMessage", ChatId = chat.Id }, Stop);
            Script($"chat {chat.Id}", LlmScript.Reply($"{Confidential} again"));
            await chat.SendTextAsync($"{Private} in chat {chat.Id}", Stop);
            await UntilAsync(async () => (await App.Telegram.Control.GetFaultsAsync(Stop)).All(active => active.Fault.ChatId != chat.Id));
        }

        foreach (var fault in (Fault[])[new(FaultKind.DropBefore), new(FaultKind.Respond, Status: 502, Body: $"<html>{BotToken}"), new(FaultKind.TooManyRequests, RetryAfter: 1)])
        {
            await App.Telegram.Control.AddFaultAsync(fault with { Method = "getUpdates" }, Stop);
            await App.Telegram.Control.DropPollAsync(Stop);
            await App.Telegram.Control.WaitForPollAsync(ClawdexApp.Patience, Stop);
        }

        var chatty = await ChatAsync();
        await App.Telegram.Control.AddFaultAsync(new Fault(FaultKind.TooManyRequests, "editMessageText", chatty.Id, RetryAfter: 1), Stop);
        await AskAsync(chatty, "more", "the end", LongAnswer());
    }

    private async Task ServicesFailAsync()
    {
        var chat = await ChatAsync();
        await AskAsync(chat, "survive", Confidential, LlmScript.Of(new ScriptStep.Text(Confidential), new ScriptStep.Hold("killed"), new ScriptStep.Text(" recovered"), new ScriptStep.Finish()));
        await App.KillAsync("gateway", Stop);
        // Before the revival, because a model that is silent for longer than the idle timeout has failed.
        App.Models.Release("killed");
        await App.ReviveAsync("gateway", Stop);
        await chat.WaitForBotMessageAsync(message => message.Text.EndsWith("recovered", StringComparison.Ordinal), ClawdexApp.Patience, Stop);

        await App.KillAsync("session", Stop);
        await chat.SendTextAsync($"{Private} while nobody remembers", Stop);
        await chat.SendTextAsync("/status", Stop);
        Script("nobody remembers", LlmScript.Reply($"{Confidential} is back"));
        await App.ReviveAsync("session", Stop);
        await chat.WaitForBotMessageAsync(message => message.Text.EndsWith("is back", StringComparison.Ordinal), ClawdexApp.Patience, Stop);

        await App.KillAsync("llm", Stop);
        await chat.SendTextAsync($"{Private} while nobody thinks", Stop);
        await chat.SendTextAsync("/model gemini-2.5-pro", Stop);
        await chat.WaitForBotMessageAsync(message => message.Text.Contains("lost the connection to the model service", StringComparison.Ordinal), ClawdexApp.Patience, Stop);
        await App.ReviveAsync("llm", Stop);
        await chat.WaitForBotMessageAsync(message => message.Text.Contains("gemini-2.5-pro", StringComparison.Ordinal), ClawdexApp.Patience, Stop);
        await App.WaitUntilHealthyAsync(Stop);
    }

    /// <summary>A chat of its own, so that nothing waits for the limits of an earlier one.</summary>
    private Task<EmulatedChat> ChatAsync() => App.Telegram.Control.CreatePrivateChatAsync($"{Private} user", Stop);

    private async Task<EmulatedMessage> AskAsync(EmulatedChat chat, string text, string expected, LlmScript? script = null)
    {
        if (script is not null)
            Script(text.StartsWith('/') ? "Summarize" : text, script);
        return await ClawdexApp.AskAsync(
            chat, text.StartsWith('/') ? text : $"{Private} {text}", message => message.Text.Contains(expected, StringComparison.Ordinal), Stop);
    }

    /// <summary>The answer to what holds <paramref name="words"/>, and to its repetition.</summary>
    private void Script(string words, LlmScript script) => App.Models.Script(script with { WhenMessageContains = words, Times = 2 });

    private static LlmScript LongAnswer() => LlmScript.Of(
        [.. Enumerable.Range(0, 12).SelectMany(i => (ScriptStep[])[new ScriptStep.Text($"{Confidential} {new string('x', 110)} "), new ScriptStep.Delay(120)]), new ScriptStep.Text("the end"), new ScriptStep.Finish()]);

    private static Fault Answer(string method, int status, string description) => new(
        FaultKind.Respond, method, Status: status, Body: $$"""{"ok":false,"error_code":{{status}},"description":"{{description}}"}""");

    private static Task UntilAsync(Func<bool> condition) => UntilAsync(() => Task.FromResult(condition()));

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        patience.CancelAfter(ClawdexApp.Patience);
        while (!await condition())
            await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System, patience.Token);
    }
}
