using System.Net;
using System.Net.Sockets;
using Clawdex.Testing;

namespace Clawdex.AppHost.Tests;

/// <summary>What a user sees who gives the system something wrong.</summary>
public sealed class BadInputTests : IDisposable
{
    private readonly TemporaryDirectory _home = new();

    [Fact]
    public async Task Malformed_json_ends_the_start_with_the_file_and_the_line_on_the_console()
    {
        var stop = TestContext.Current.CancellationToken;
        var config = _home["config.json"];
        await File.WriteAllTextAsync(config, "{\n  \"agent\": { \"model\": }\n}", stop);

        await using var appHost = AppHostProcess.Start(_home.FullPath, $"--CLAWDEX_CONFIG_PATH={config}", "--emulators:chatPort=0");
        var exitCode = await appHost.WaitForExitAsync(stop).WaitAsync(ClawdexApp.Patience, stop);

        Assert.Equal(1, exitCode);
        Assert.Equal(["Clawdex cannot start:", $"  - {config}, line 2: this is not valid JSON (position 23)"], appHost.Output.Split('\n'));
    }

    [Fact]
    public async Task A_secret_on_the_command_line_ends_the_start_with_one_sentence()
    {
        var stop = TestContext.Current.CancellationToken;

        await using var appHost = AppHostProcess.Start(_home.FullPath, "--gemini:apiKey=hush-hush", "--emulators:chatPort=0");

        Assert.Equal(1, await appHost.WaitForExitAsync(stop).WaitAsync(ClawdexApp.Patience, stop));
        Assert.StartsWith("Clawdex cannot start:\n  - gemini:apiKey stands on the command line, which other accounts of this machine can read;", appHost.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", appHost.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/proc/x", "/proc/x")]
    [InlineData("/etc/passwd/x", "/etc/passwd/x")]
    [InlineData("", "/proc/.clawdex/emulator")]
    public async Task A_data_folder_that_cannot_be_written_ends_the_start_with_one_sentence(string folder, string path)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "These folders are Linux's.");
        var stop = TestContext.Current.CancellationToken;

        await using var appHost = folder.Length > 0
            ? AppHostProcess.Start(_home.FullPath, $"--sessions:dataDirectory={folder}", "--emulators:chatPort=0")
            : AppHostProcess.Start("/proc", "--emulators:chatPort=0");
        var exitCode = await appHost.WaitForExitAsync(stop).WaitAsync(ClawdexApp.Patience, stop);

        Assert.Equal(1, exitCode);
        Assert.Equal(2, appHost.Output.Split('\n').Length);
        Assert.StartsWith($"Clawdex cannot start:\n  - sessions:dataDirectory: {path} cannot be written: ", appHost.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_is_a_folder_ends_the_start_with_one_sentence()
    {
        var stop = TestContext.Current.CancellationToken;
        Directory.CreateDirectory(_home["clawdex.db"]);

        await using var appHost = AppHostProcess.Start(_home.FullPath, $"--sessions:dataDirectory={_home.FullPath}", "--emulators:chatPort=0");

        Assert.Equal(1, await appHost.WaitForExitAsync(stop).WaitAsync(ClawdexApp.Patience, stop));
        Assert.Contains($"Clawdex cannot start:\n  - sessions:dataDirectory: {_home.FullPath} cannot be written: ", appHost.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("my data;1")]
    [InlineData("it's; {0} \"mine\"")]
    public async Task A_data_folder_may_have_any_name(string folder)
    {
        var stop = TestContext.Current.CancellationToken;

        await using var appHost = AppHostProcess.Start(_home.FullPath, $"--sessions:dataDirectory={_home[folder]}", "--emulators:chatPort=0", "--emulators:delayMs=0");
        using var telegram = await appHost.ChatPageAsync(stop);
        await ClawdexApp.AskAsync(Assert.Single(await telegram.GetChatsAsync(stop)), "echo hello", message => message.Text == "hello", stop);

        Assert.True(new FileInfo(Path.Combine(_home[folder], "clawdex.db")).Length > 0);
    }

    [Fact]
    public async Task A_corrupt_database_is_refused_by_name_and_left_untouched()
    {
        var stop = TestContext.Current.CancellationToken;
        var database = _home["clawdex.db"];
        var folderMode = OperatingSystem.IsWindows() ? UnixFileMode.None : UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute | UnixFileMode.GroupRead | UnixFileMode.GroupExecute;
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_home.FullPath, folderMode);
        var bytes = new byte[8192];
        new Random(1).NextBytes(bytes);
        await File.WriteAllBytesAsync(database, bytes, stop);

        await using var appHost = AppHostProcess.Start(_home.FullPath, $"--sessions:dataDirectory={_home.FullPath}", "--emulators:chatPort=0");
        var line = await appHost.WaitForLineAsync("is not a SQLite database", stop).WaitAsync(ClawdexApp.Patience, stop);

        Assert.StartsWith("crit: Clawdex.session", line, StringComparison.Ordinal);
        Assert.Contains(database, line, StringComparison.Ordinal);
        var end = await appHost.WaitForLineAsync("Ended by itself with exit code 1", stop).WaitAsync(ClawdexApp.Patience, stop);
        Assert.StartsWith("fail: Clawdex.session", end, StringComparison.Ordinal);
        Assert.Contains("is not a SQLite database", end, StringComparison.Ordinal);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(database, stop));
        Assert.True(OperatingSystem.IsWindows() || File.GetUnixFileMode(_home.FullPath) == folderMode, "a data folder of somebody's own stays as it is");
    }

    [Fact]
    public async Task An_unreachable_bot_api_is_retried_and_health_says_so()
    {
        var stop = TestContext.Current.CancellationToken;
        using var closed = new TcpListener(IPAddress.Loopback, 0);
        closed.Start();
        var port = ((IPEndPoint)closed.LocalEndpoint).Port;
        closed.Stop();
        await File.WriteAllTextAsync(_home["config.json"], $$"""
            {
              "channels": { "telegram": { "botToken": "123:ABC", "apiBaseUrl": "http://127.0.0.1:{{port}}" } },
              "sessions": { "dataDirectory": "{{_home["data"]}}" }
            }
            """, stop);

        await using var appHost = AppHostProcess.Start(_home.FullPath, $"--CLAWDEX_CONFIG_PATH={_home["config.json"]}");
        await appHost.WaitForLineAsync($"Telegram cannot be used at http://127.0.0.1:{port}", stop).WaitAsync(ClawdexApp.Patience, stop);

        // The server comes up late: the same process finds it without a restart.
        await using var telegram = await FixedPortTelegram.StartAsync(port, stop);
        await telegram.FirstPoll.WaitAsync(ClawdexApp.Patience, stop);
    }

    public void Dispose() => _home.Dispose();
}
