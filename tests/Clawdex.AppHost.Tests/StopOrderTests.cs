using Clawdex.LlmEmulator;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.TelegramEmulator;
using Clawdex.Testing;

namespace Clawdex.AppHost.Tests;

/// <summary>Whoever stops the AppHost stops all services at once; an answer that is being written is finished or parked all the same.</summary>
public sealed class StopOrderTests : IAsyncLifetime
{
    /// <summary>On the console: also what services say that is no problem.</summary>
    private const string ShowEverything = "--Logging:LogLevel:Clawdex=Information";

    private readonly TemporaryDirectory _home = new();
    private TelegramEmulatorHost? _telegram;
    private LlmEmulatorHost? _models;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private TelegramEmulatorHost Telegram => _telegram ?? throw new InvalidOperationException("Not started");

    private LlmEmulatorHost Models => _models ?? throw new InvalidOperationException("Not started");

    public async ValueTask InitializeAsync()
    {
        _telegram = await TelegramEmulatorHost.StartAsync(Stop);
        _models = await LlmEmulatorHost.StartAsync(cancellationToken: Stop);
        await File.WriteAllTextAsync(_home["config.json"], $$"""
            {
              "gemini": { "apiKey": "gemini-key", "baseUrl": "{{Models.GeminiBaseUrl}}" },
              "channels": { "telegram": { "botToken": "{{Telegram.Token}}", "apiBaseUrl": "{{Telegram.BaseAddress.GetLeftPart(UriPartial.Authority)}}", "everyoneIsOwner": true } },
              "sessions": { "dataDirectory": "{{_home["data"]}}" },
            }
            """, Stop);
    }

    public async ValueTask DisposeAsync()
    {
        await Models.DisposeAsync();
        await Telegram.DisposeAsync();
        _home.Dispose();
    }

    [Fact]
    public async Task An_answer_that_streams_for_three_more_seconds_is_complete_and_settled_when_everything_has_ended()
    {
        Models.Script(LlmScript.Of(
        [
            new ScriptStep.Text("One"), new ScriptStep.Hold("stop"),
            .. Enumerable.Range(2, 6).SelectMany<int, ScriptStep>(i => [new ScriptStep.Delay(500), new ScriptStep.Text($" {i}")]),
            new ScriptStep.Finish(),
        ]));
        var chat = await Telegram.Control.CreatePrivateChatAsync("Ada", Stop);
        await using (var appHost = await StartAsync())
        {
            await ClawdexApp.AskAsync(chat, "Count", message => message.Text.StartsWith("One", StringComparison.Ordinal), Stop);

            var ended = appHost.TerminateAsync(Stop);
            Models.Release("stop");
            await ended.WaitAsync(ClawdexApp.Patience, Stop);
        }

        Assert.Equal("One 2 3 4 5 6 7", Assert.Single(await chat.GetMessagesAsync(Stop), message => message.From.IsBot).Text);
        Assert.Empty(await HomeProcesses.LeftAsync(_home.FullPath, Stop));

        await using (var again = await StartAsync())
        {
            await again.TerminateAsync(Stop).WaitAsync(ClawdexApp.Patience, Stop);
            Assert.DoesNotContain("were left open", again.Output, StringComparison.Ordinal);
        }

        Assert.Single(Models.Chats);
    }

    [Fact]
    public async Task An_answer_that_takes_too_long_is_parked_with_a_mark_and_completed_in_the_same_message_by_the_next_start()
    {
        Models.Script(
            LlmScript.Of(new ScriptStep.Text("A long way"), new ScriptStep.Delay(60_000), new ScriptStep.Text("."), new ScriptStep.Finish()),
            LlmScript.Reply("A long way home."));
        var chat = await Telegram.Control.CreatePrivateChatAsync("Ada", Stop);
        int begun;
        await using (var appHost = await StartAsync())
        {
            begun = (await ClawdexApp.AskAsync(chat, "How far?", message => message.Text.StartsWith("A long way", StringComparison.Ordinal), Stop)).MessageId;
            await appHost.TerminateAsync(Stop).WaitAsync(ClawdexApp.Patience, Stop);
        }

        Assert.Contains("being restarted", Assert.Single(await chat.GetMessagesAsync(Stop), message => message.From.IsBot).Text, StringComparison.Ordinal);
        Assert.Empty(await HomeProcesses.LeftAsync(_home.FullPath, Stop));

        await using (var again = await StartAsync())
        {
            var finished = await chat.WaitForBotMessageAsync(message => message.Text == "A long way home.", ClawdexApp.Patience, Stop);
            Assert.Equal(begun, finished.MessageId);
            await again.TerminateAsync(Stop).WaitAsync(ClawdexApp.Patience, Stop);
        }

        Assert.Single(await chat.GetMessagesAsync(Stop), message => message.From.IsBot);
    }

    [Fact]
    public async Task With_the_emulators_too_an_answer_is_finished_before_everything_ends_and_nobody_complains()
    {
        string[] arguments = ["--emulators:chatPort=0", "--emulators:delayMs=20", ShowEverything];
        long chatId;
        await using (var appHost = AppHostProcess.Start(_home.FullPath, arguments))
        {
            using var telegram = await appHost.ChatPageAsync(Stop);
            var chat = Assert.Single(await telegram.GetChatsAsync(Stop));
            chatId = chat.Id;
            await ClawdexApp.AskAsync(chat, "Hello", message => message.Text.Length > 10, Stop);

            await appHost.TerminateAsync(Stop).WaitAsync(ClawdexApp.Patience, Stop);

            Assert.DoesNotContain("Telegram cannot be used", appHost.Output, StringComparison.Ordinal);
            Assert.DoesNotContain("does not answer", appHost.Output, StringComparison.Ordinal);
        }

        await using (var again = AppHostProcess.Start(_home.FullPath, arguments))
        {
            using var telegram = await again.ChatPageAsync(Stop);
            var answer = Assert.Single(await (await telegram.GetChatAsync(chatId, Stop)).GetMessagesAsync(Stop), message => message.From.IsBot);
            Assert.EndsWith("to talk to a real model.", answer.Text, StringComparison.Ordinal);
            await again.TerminateAsync(Stop).WaitAsync(ClawdexApp.Patience, Stop);
            Assert.DoesNotContain("were left open", again.Output, StringComparison.Ordinal);
        }
    }

    private async Task<AppHostProcess> StartAsync()
    {
        var appHost = AppHostProcess.Start(_home.FullPath, $"--CLAWDEX_CONFIG_PATH={_home["config.json"]}", ShowEverything);
        try
        {
            await appHost.WaitForLineAsync("Connected to Telegram", Stop).WaitAsync(ClawdexApp.Patience, Stop);
            await Telegram.Control.WaitForPollAsync(ClawdexApp.Patience, Stop);
            return appHost;
        }
        catch
        {
            await appHost.DisposeAsync();
            throw;
        }
    }
}
