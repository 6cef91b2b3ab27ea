using Clawdex.TelegramEmulator;
using Clawdex.TelegramEmulator.Control;
using Clawdex.Testing;

namespace Clawdex.AppHost.Tests;

/// <summary>The system as a newcomer starts it: no key, no config file, an empty home folder.</summary>
public sealed class StartAndStopTests : IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    private readonly TemporaryDirectory _home = new();

    [Fact]
    public async Task A_newcomer_chats_at_once_and_finds_the_conversation_again_after_a_restart()
    {
        var stop = TestContext.Current.CancellationToken;

        long chatId;
        await using (var appHost = AppHostProcess.Start(_home.FullPath, "--emulators:chatPort=0", "--emulators:delayMs=1"))
        {
            using var telegram = await appHost.ChatPageAsync(stop);
            var chat = Assert.Single(await telegram.GetChatsAsync(stop));
            chatId = chat.Id;
            var answer = await ClawdexApp.AskAsync(chat, "Hello, who are you?", message => message.Text.EndsWith("to talk to a real model.", StringComparison.Ordinal), stop);
            Assert.NotEmpty(answer.Text);
            var status = await StatusAsync(chat, stop);
            Assert.Matches(@"Messages\D*2\b", status.Text);
            Assert.Matches("""^Dashboard: http://localhost:\d+/login\?t=\w+\nChat page: http://localhost:\d+/#token=\w+$""", appHost.Output);

            await appHost.TerminateAsync(stop).WaitAsync(ClawdexApp.Patience, stop);
        }

        Assert.Empty(await HomeProcesses.LeftAsync(_home.FullPath, stop));
        string[] kept = [_home[".clawdex"], .. Directory.GetFileSystemEntries(_home[".clawdex"], "*", SearchOption.AllDirectories)];
        Assert.Contains(_home[".clawdex/emulator/clawdex.db"], kept);
        Assert.Contains(_home[".clawdex/emulator/telegram.jsonl"], kept);
        Assert.DoesNotContain(kept, path => ServiceDefaults.Files.OwnerOnly.IsOpen(path));

        await using (var appHost = AppHostProcess.Start(_home.FullPath, "--emulators:chatPort=0", "--emulators:delayMs=1"))
        {
            using var telegram = await appHost.ChatPageAsync(stop);
            var chat = await telegram.GetChatAsync(chatId, stop);
            Assert.Contains(await chat.GetMessagesAsync(stop), message => message.Text == "Hello, who are you?");
            var status = await StatusAsync(chat, stop);
            Assert.Matches(@"Messages\D*2\b", status.Text);
        }
    }

    [Fact]
    public async Task A_bot_of_ones_own_answers_who_opens_the_printed_link_and_nobody_else()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var telegram = await TelegramEmulatorHost.StartAsync(stop);
        var (stranger, owner) = (await telegram.Control.CreatePrivateChatAsync("Eve", stop), await telegram.Control.CreatePrivateChatAsync("Ada", stop));
        await using var appHost = AppHostProcess.Start(
            _home.FullPath, new Dictionary<string, string> { ["TELEGRAM_BOT_TOKEN"] = telegram.Token },
            $"--channels:telegram:apiBaseUrl={telegram.BaseAddress.GetLeftPart(UriPartial.Authority)}", "--emulators:delayMs=1");
        var line = await appHost.WaitForLineAsync("Make it yours: ", stop).WaitAsync(ClawdexApp.Patience, stop);
        Assert.Matches("""^Dashboard: http://localhost:\d+/login\?t=\w+\nYour bot: http://localhost:\d+/bot\nMake it yours: https://t\.me/clawdex_bot\?start=claim_[\w-]{22}$""", appHost.Output);

        await ClawdexApp.AskAsync(stranger, "hello?", message => message.Text.StartsWith("This assistant has no owner yet", StringComparison.Ordinal), stop);
        await ClawdexApp.AskAsync(owner, $"/start {line[(line.IndexOf('=', StringComparison.Ordinal) + 1)..]}", message => message.Text.Contains("yours now", StringComparison.Ordinal), stop);
        await ClawdexApp.AskAsync(owner, "echo hello", message => message.Text == "hello", stop);

        await appHost.TerminateAsync(stop).WaitAsync(ClawdexApp.Patience, stop);
        var turns = StoredTurns.InFile(_home[".clawdex/data/clawdex.db"]);
        Assert.Equal(["delivered"], turns.StatesIn(owner.Id));
        Assert.Empty(turns.StatesIn(stranger.Id));
    }

    [Fact]
    public async Task Who_is_only_on_the_list_of_the_environment_is_not_served_when_the_command_line_has_another()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var telegram = await TelegramEmulatorHost.StartAsync(stop);
        var (former, owner) = (await telegram.Control.CreatePrivateChatAsync("Eve", stop), await telegram.Control.CreatePrivateChatAsync("Ada", stop));
        await using var appHost = AppHostProcess.Start(
            _home.FullPath,
            new Dictionary<string, string>
            {
                ["TELEGRAM_BOT_TOKEN"] = telegram.Token,
                ["channels__telegram__allowedUsers__0"] = $"{owner.Id}",
                ["channels__telegram__allowedUsers__1"] = $"{former.Id}",
            },
            $"--channels:telegram:apiBaseUrl={telegram.BaseAddress.GetLeftPart(UriPartial.Authority)}", $"--channels:telegram:allowedUsers:0={owner.Id}", "--emulators:delayMs=1");

        await appHost.WaitForLineAsync("Your bot: ", stop).WaitAsync(ClawdexApp.Patience, stop);

        await ClawdexApp.AskAsync(former, "hello?", message => message.Text.StartsWith("Sorry, this is a private assistant", StringComparison.Ordinal), stop);
        await ClawdexApp.AskAsync(owner, "echo hello", message => message.Text == "hello", stop);
    }

    [Fact]
    public async Task The_link_to_a_bot_that_nobody_owns_is_among_the_gateways_addresses()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var app = await ClawdexApp.StartAsync(new ClawdexAppOptions { Settings = ["channels:telegram:everyoneIsOwner=false"] }, stop);

        var shown = await app.Application.ResourceNotifications
            .WaitForResourceAsync("gateway", change => change.Snapshot.Urls.Any(url => url.DisplayProperties.DisplayName == "Make it yours"), stop)
            .WaitAsync(ClawdexApp.Patience, stop);
        var link = shown.Snapshot.Urls.Single(url => url.DisplayProperties.DisplayName == "Make it yours").Url;
        Assert.Matches(@"^https://t\.me/clawdex_bot\?start=claim_[\w-]{22}$", link);
        Assert.Contains(shown.Snapshot.Urls, url => url.DisplayProperties.DisplayName == "Your bot");

        var owner = await app.Telegram.Control.CreatePrivateChatAsync("Ada", stop);
        await ClawdexApp.AskAsync(owner, $"/start {link[(link.IndexOf('=', StringComparison.Ordinal) + 1)..]}", message => message.Text.Contains("yours now", StringComparison.Ordinal), stop);
        await app.Application.ResourceNotifications
            .WaitForResourceAsync("gateway", change => change.Snapshot.Urls.All(url => url.DisplayProperties.DisplayName != "Make it yours"), stop)
            .WaitAsync(ClawdexApp.Patience, stop);
    }

    [Fact]
    public async Task What_holds_keys_or_conversations_is_closed_to_other_accounts_and_said_once()
    {
        if (OperatingSystem.IsWindows())
            return;
        var stop = TestContext.Current.CancellationToken;
        const UnixFileMode open = OwnerOnly | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        Directory.CreateDirectory(_home[".clawdex/emulator/backups"]);
        Directory.CreateDirectory(_home["shared"]);
        Directory.CreateSymbolicLink(_home[".clawdex/shared"], _home["shared"]);
        await File.WriteAllTextAsync(_home[".clawdex/config.json"], $$"""
            {
              "openrouter": { "apiKey": "sk-or-1", "baseUrl": "http://127.0.0.1:9" },
              "gemini": { "apiKeyFile": "{{_home["gemini-key"]}}", "baseUrl": "http://127.0.0.1:9" },
              "agent": { "model": "some/model" }
            }
            """, stop);
        foreach (var file in (string[])["gemini-key", "shared/others", ".clawdex/.hidden", ".clawdex/emulator/backups/old.db"])
            await File.WriteAllTextAsync(_home[file], "AIza-1", stop);
        string[] paths = ["gemini-key", ".clawdex", ".clawdex/config.json", ".clawdex/.hidden", ".clawdex/emulator", ".clawdex/emulator/backups", ".clawdex/emulator/backups/old.db"];
        string[] others = ["shared", "shared/others"];
        foreach (var path in paths.Concat(others))
            File.SetUnixFileMode(_home[path], open);

        for (var start = 0; start < 2; start++)
        {
            await using var appHost = AppHostProcess.Start(_home.FullPath, "--emulators:chatPort=0");
            using var telegram = await appHost.ChatPageAsync(stop);
            Assert.All(paths, path => Assert.Equal(start == 0, appHost.Output.Contains($"{_home[path]} was open to other accounts of this machine; it is yours alone now.\n", StringComparison.Ordinal)));
            Assert.All(paths, path => Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(_home[path]) is OwnerOnly, path));
            Assert.All(others, path => Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(_home[path]) == open, path));
            await appHost.TerminateAsync(stop).WaitAsync(ClawdexApp.Patience, stop);
        }
    }

    [Fact]
    public async Task Secrets_reach_only_the_service_that_needs_them()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var appHost = AppHostProcess.Start(
            _home.FullPath,
            new Dictionary<string, string> { ["DOTNET_TELEGRAM_BOT_TOKEN"] = "77:TELEGRAM-SECRET", ["gemini_api_key"] = "GEMINI-SECRET", ["DOTNET_openrouter__apiKey"] = "OPENROUTER-SECRET" },
            "--channels:telegram:apiBaseUrl=http://127.0.0.1:9");
        await appHost.WaitForLineAsync("Telegram cannot be used at http://127.0.0.1:9", stop).WaitAsync(ClawdexApp.Patience, stop);

        string KnownTo(string service) => string.Join(' ', ((string[])["TELEGRAM-SECRET", "GEMINI-SECRET", "OPENROUTER-SECRET"])
            .Where(secret => HomeProcesses.EnvironmentOf($"Clawdex.{service}", _home.FullPath).Contains(secret, StringComparison.Ordinal)));

        Assert.Equal("TELEGRAM-SECRET", KnownTo("Gateway"));
        Assert.Equal("GEMINI-SECRET OPENROUTER-SECRET", KnownTo("LlmService"));
        Assert.Equal("", KnownTo("SessionService"));
        Assert.DoesNotContain("SECRET", appHost.Output, StringComparison.Ordinal);
    }

    public void Dispose() => _home.Dispose();

    private static Task<EmulatedMessage> StatusAsync(EmulatedChat chat, CancellationToken stop) =>
        ClawdexApp.AskAsync(chat, "/status", message => message.Text.Contains("Messages", StringComparison.Ordinal), stop);
}
