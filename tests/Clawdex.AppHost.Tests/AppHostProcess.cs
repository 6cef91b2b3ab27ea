using System.Diagnostics;
using System.Threading.Channels;
using Clawdex.TelegramEmulator.Control;

namespace Clawdex.AppHost.Tests;

/// <summary>The AppHost as a user starts it: a process of its own, whose output is read line by line.</summary>
internal sealed class AppHostProcess : IAsyncDisposable
{
    /// <summary>For a start on a machine that does much else.</summary>
    private static readonly TimeSpan StartPatience = TimeSpan.FromMinutes(2);

    private readonly Process _process;
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly List<string> _seen = [];

    /// <summary>Standard output and error, until each has ended.</summary>
    private int _openStreams = 2;

    private AppHostProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Received(line.Data);
        process.ErrorDataReceived += (_, line) => Received(line.Data);
        process.Start();
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Everything printed so far, standard output and error mixed.</summary>
    public string Output
    {
        get
        {
            lock (_seen)
                return string.Join('\n', _seen);
        }
    }

    /// <summary>Starts the AppHost with a home folder and settings of the test's own.</summary>
    public static AppHostProcess Start(string home, params string[] arguments) => Start(home, new Dictionary<string, string>(), arguments);

    /// <param name="home">The home folder.</param>
    /// <param name="variables">Set for the AppHost, beside those that it inherits.</param>
    /// <param name="arguments">The command line.</param>
    public static AppHostProcess Start(string home, Dictionary<string, string> variables, params string[] arguments)
    {
        // Built beside this test project, in the same configuration.
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent?.Name ?? "Debug";
        var appHost = Path.Combine(Projects.Clawdex_AppHost.ProjectPath, "bin", configuration, "net10.0", "Clawdex.AppHost.dll");
        var start = new ProcessStartInfo("dotnet", [appHost, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            // As `dotnet run` does.
            WorkingDirectory = Projects.Clawdex_AppHost.ProjectPath,
            Environment =
            {
                // Where NuGet and the CLI keep their files does not move with the home folder.
                ["NUGET_PACKAGES"] = Environment.GetEnvironmentVariable("NUGET_PACKAGES") ?? Path.Combine(UserProfile, ".nuget", "packages"),
                ["DOTNET_CLI_HOME"] = Environment.GetEnvironmentVariable("DOTNET_CLI_HOME") ?? UserProfile,
                ["HOME"] = home,
                // No model server of the machine that runs the tests.
                ["OLLAMA_HOST"] = "127.0.0.1:1",
                ["ASPIRE_ALLOW_UNSECURED_TRANSPORT"] = "true",
                ["DOTNET_ENVIRONMENT"] = "Development",
            },
        };
        foreach (var name in (string[])["GEMINI_API_KEY", "OPENROUTER_API_KEY", "TELEGRAM_BOT_TOKEN", "CLAWDEX_CONFIG_PATH"])
            start.Environment.Remove(name);
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        return new AppHostProcess(new Process { StartInfo = start });
    }

    /// <summary>The first line that holds <paramref name="text"/>.</summary>
    /// <exception cref="InvalidOperationException">The process ended before it printed one.</exception>
    public async Task<string> WaitForLineAsync(string text, CancellationToken cancellationToken)
    {
        await foreach (var line in _lines.Reader.ReadAllAsync(cancellationToken))
        {
            if (line.Contains(text, StringComparison.Ordinal))
                return line;
        }

        throw new InvalidOperationException($"The AppHost ended before it printed '{text}':\n{Output}");
    }

    /// <summary>The Telegram emulator that the AppHost starts when there is no bot token.</summary>
    public async Task<TelegramEmulatorControl> ChatPageAsync(CancellationToken cancellationToken)
    {
        var line = await WaitForLineAsync("Chat page: http://", cancellationToken).WaitAsync(StartPatience, cancellationToken);
        return new TelegramEmulatorControl(new Uri(line[line.IndexOf("http://", StringComparison.Ordinal)..].Trim()));
    }

    /// <summary>Asks the process to end as a service manager does, and waits for it.</summary>
    public async Task<int> TerminateAsync(CancellationToken cancellationToken)
    {
        using var kill = Process.Start("kill", ["-TERM", $"{_process.Id}"]);
        return await WaitForExitAsync(cancellationToken);
    }

    public async Task<int> WaitForExitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync();
        }

        _process.Dispose();
    }

    private static string UserProfile => Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);

    private void Received(string? line)
    {
        lock (_seen)
        {
            if (line is not null)
            {
                _seen.Add(line);
                _lines.Writer.TryWrite(line);
            }
            else if (--_openStreams == 0)
            {
                _lines.Writer.Complete();
            }
        }
    }
}
