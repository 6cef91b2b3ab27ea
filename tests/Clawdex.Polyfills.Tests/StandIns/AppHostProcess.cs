using System.Diagnostics;
using System.Text.RegularExpressions;
using System.Threading.Channels;

namespace Clawdex.Polyfills.Tests.StandIns;

/// <summary>The tests' AppHost as a user starts it: a process of its own, whose output is read line by line.</summary>
internal sealed partial class AppHostProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();
    private readonly Task _reading;

    private AppHostProcess(Process process)
    {
        _process = process;
        _reading = ReadAllAsync();
    }

    public string Output { get; private set; } = "";

    public int Id => _process.Id;

    /// <summary>Starts it; the search path holds only <paramref name="path"/>, where an <c>aspire</c> command may be.</summary>
    public static AppHostProcess Start(string path, IReadOnlyDictionary<string, string> environment, params string[] arguments)
    {
        var dotnet = Process.GetCurrentProcess().MainModule?.FileName is { } host && Path.GetFileNameWithoutExtension(host) == "dotnet" ? host : "dotnet";
        var start = new ProcessStartInfo(dotnet, [Path.Combine(AppContext.BaseDirectory, "Clawdex.Polyfills.Tests.AppHost.dll"), $"--folder={path}", .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = path,
        };
        start.Environment["PATH"] = path;
        foreach (var name in (string[])["ASPNETCORE_URLS", "ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"])
            start.Environment.Remove(name);
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        return new AppHostProcess(Process.Start(start) ?? throw new InvalidOperationException("dotnet could not be started."));
    }

    public Task<string> LineAsync(string text) => LineAsync(line => line.Contains(text, StringComparison.Ordinal));

    public async Task<string> LineAsync(Func<string, bool> wanted)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(RunningApplication.Patience);
        await foreach (var line in _lines.Reader.ReadAllAsync(limit.Token))
        {
            if (wanted(line))
                return line;
        }

        throw new InvalidOperationException($"The AppHost has ended without the line. It wrote:\n{Output}");
    }

    /// <summary>Waits until both services have told their ids, and everything is ready.</summary>
    public async Task<List<int>> ServicesAsync()
    {
        await LineAsync("everything is ready");
        return [.. ProcessLine().Matches(Output).Select(match => int.Parse(match.Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture))];
    }

    public async Task SignalAsync(string signal)
    {
        using var kill = Process.Start("/bin/kill", [$"-{signal}", $"{Id}"]);
        await kill.WaitForExitAsync(TestContext.Current.CancellationToken);
    }

    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(RunningApplication.Patience);
        await _reading.WaitAsync(RunningApplication.Patience);
        return _process.ExitCode;
    }

    /// <summary>Waits until none of the processes is left.</summary>
    public static async Task GoneAsync(IEnumerable<int> ids, TimeSpan limit)
    {
        foreach (var id in ids)
        {
            try
            {
                using var process = Process.GetProcessById(id);
                await process.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(limit);
            }
            catch (ArgumentException)
            {
                // It is gone already.
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _reading;
        _process.Dispose();
    }

    private async Task ReadAllAsync()
    {
        await Task.WhenAll(ReadAsync(_process.StandardOutput), ReadAsync(_process.StandardError));
        _lines.Writer.Complete();
    }

    private async Task ReadAsync(StreamReader reader)
    {
        while (await reader.ReadLineAsync() is { } line)
        {
            lock (_lines)
                Output += line + "\n";
            _lines.Writer.TryWrite(line);
        }
    }

    [GeneratedRegex(@"\| process (\d+)")]
    private static partial Regex ProcessLine();
}
