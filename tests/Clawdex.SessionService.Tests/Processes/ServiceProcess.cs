using System.Collections.Concurrent;
using System.Diagnostics;
using Grpc.Net.Client;

namespace Clawdex.SessionService.Tests.Processes;

/// <summary>The real program in a process of its own, so that it can be killed, or refuse to start.</summary>
internal sealed class ServiceProcess : IDisposable
{
    private const string Listening = "Now listening on: ";

    private readonly Process _process;
    private readonly ConcurrentQueue<string> _lines = [];
    private readonly TaskCompletionSource<string> _grpcAddress = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _httpAddress = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServiceProcess(ProcessStartInfo start)
    {
        _process = new Process { StartInfo = start, EnableRaisingEvents = true };
        _process.OutputDataReceived += (_, line) => Read(line.Data);
        _process.ErrorDataReceived += (_, line) => Read(line.Data);
        _process.Exited += (_, _) => _grpcAddress.TrySetException(new InvalidOperationException($"The service ended:\n{Output}"));
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The program's file, beside the tests.</summary>
    public static string Program { get; } = Path.Combine(AppContext.BaseDirectory, "Clawdex.SessionService.dll");

    public int Id => _process.Id;

    /// <summary>What it wrote so far, both streams.</summary>
    public string Output => string.Join('\n', _lines);

    /// <summary>Starts the service on a database file, on free ports.</summary>
    public static ServiceProcess Start(string databasePath, params string[] arguments) =>
        StartShell(databasePath, "dotnet", [Program, .. arguments]);

    /// <summary>Starts another program that runs the service.</summary>
    public static ServiceProcess StartShell(string databasePath, string program, params string[] arguments) => new(
        new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = AppContext.BaseDirectory,
            Environment =
            {
                ["ConnectionStrings__sessions"] = TestDatabase.ConnectionStringOf(databasePath),
                ["Kestrel__Endpoints__grpc__Url"] = "http://127.0.0.1:0",
                ["Kestrel__Endpoints__http__Url"] = "http://127.0.0.1:0",
                ["DOTNET_TieredPGO"] = "0",
            },
        });

    /// <summary>Waits until the service listens; false = it ended before.</summary>
    public async Task<bool> HasStartedAsync(CancellationToken cancellationToken)
    {
        await Task.WhenAny(_grpcAddress.Task).WaitAsync(TimeSpan.FromSeconds(60), cancellationToken);
        return _grpcAddress.Task.IsCompletedSuccessfully;
    }

    /// <summary>A channel to the service, once it listens.</summary>
    public async Task<GrpcChannel> ConnectAsync(CancellationToken cancellationToken) =>
        GrpcChannel.ForAddress(await _grpcAddress.Task.WaitAsync(TimeSpan.FromSeconds(60), cancellationToken));

    /// <summary>The body of <c>/health</c>, once the service listens.</summary>
    public async Task<string> HealthAsync(CancellationToken cancellationToken)
    {
        using var http = new HttpClient { BaseAddress = new Uri(await _httpAddress.Task.WaitAsync(TimeSpan.FromSeconds(60), cancellationToken)) };
        using var answer = await http.GetAsync("/health", cancellationToken);
        return await answer.Content.ReadAsStringAsync(cancellationToken);
    }

    /// <summary>Waits for the end and answers the exit code.</summary>
    public async Task<int> WaitForExitAsync(CancellationToken cancellationToken)
    {
        await _process.WaitForExitAsync(cancellationToken).WaitAsync(TimeSpan.FromSeconds(60), cancellationToken);
        return _process.ExitCode;
    }

    /// <summary>SIGKILL: no handler runs, nothing is flushed.</summary>
    public async Task KillAsync(CancellationToken cancellationToken)
    {
        _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync(cancellationToken);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
    }

    /// <summary>Kestrel opens its endpoints in the order of their names: the first is grpc, the second http.</summary>
    private void Read(string? line)
    {
        if (line is null)
            return;
        _lines.Enqueue(line);
        var start = line.IndexOf(Listening, StringComparison.Ordinal);
        if (start >= 0 && !_grpcAddress.TrySetResult(line[(start + Listening.Length)..]))
            _httpAddress.TrySetResult(line[(start + Listening.Length)..]);
    }
}
