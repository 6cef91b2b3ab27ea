using System.Diagnostics;
using System.Net.Sockets;
using Clawdex.Testing;

namespace Clawdex.AppHost.Tests.Cluster;

/// <summary>One of several instances of a service, at an address that it keeps however often it is started.</summary>
internal sealed class ClusterProcess(string name, string service, IReadOnlyDictionary<string, string> variables, Action<string> log) : IAsyncDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    private Process? _process;

    public string Name => name;

    /// <summary>For health.</summary>
    public Uri Http { get; } = FreeAddress();

    /// <summary>What it is for: gRPC, or Telegram's deliveries.</summary>
    public Uri Main { get; } = FreeAddress();

    public void Start()
    {
        var start = ServiceProgram.StartInfo(service);
        foreach (var (key, value) in variables)
            start.Environment[key] = value;
        start.Environment["Kestrel__Endpoints__http__Url"] = Http.ToString();
        start.Environment[$"Kestrel__Endpoints__{(service == "Clawdex.Gateway" ? "webhook" : "grpc")}__Url"] = Main.ToString();
        var process = new Process { StartInfo = start };
        process.OutputDataReceived += (_, line) =>
        {
            if (line.Data is { Length: > 0 } text)
                log($"{name}: {text}");
        };
        process.Start();
        process.BeginOutputReadLine();
        _process = process;
    }

    public async Task HealthyAsync(CancellationToken cancellationToken)
    {
        using var http = new HttpClient();
        var started = TimeProvider.System.GetTimestamp();
        while (true)
        {
            string said;
            try
            {
                using var answer = await http.GetAsync(new Uri(Http, "/health"), cancellationToken).WaitAsync(ClawdexApp.Patience, cancellationToken);
                if (answer.IsSuccessStatusCode)
                    return;
                said = await answer.Content.ReadAsStringAsync(cancellationToken);
            }
            catch (HttpRequestException error)
            {
                // It does not listen yet.
                said = error.Message;
            }

            if (TimeProvider.System.GetElapsedTime(started) > ClawdexApp.Patience)
                throw new TimeoutException($"{name} is not healthy: {said}");
            await Task.Delay(Look, cancellationToken);
        }
    }

    /// <summary>SIGKILL, and a new process at once, as an orchestrator does.</summary>
    public async Task KillAndStartAsync(CancellationToken cancellationToken)
    {
        await KillAsync(cancellationToken);
        Start();
    }

    /// <summary>It stands still, and goes on as if no time had passed.</summary>
    public async Task PauseAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        await SignalAsync("STOP");
        try
        {
            await Task.Delay(time, cancellationToken);
        }
        finally
        {
            await SignalAsync("CONT");
        }
    }

    /// <summary>In order, and a new process when that one has ended.</summary>
    public async Task RestartAsync(CancellationToken cancellationToken)
    {
        if (_process is not { } process)
            return;
        await SignalAsync("TERM");
        await process.WaitForExitAsync(cancellationToken).WaitAsync(ClawdexApp.Patience, cancellationToken);
        Assert.Equal(0, process.ExitCode);
        process.Dispose();
        Start();
    }

    public async Task KillAsync(CancellationToken cancellationToken)
    {
        if (_process is not { } process)
            return;
        _process = null;
        if (!process.HasExited)
            process.Kill(entireProcessTree: true);
        await process.WaitForExitAsync(cancellationToken);
        process.Dispose();
    }

    public async ValueTask DisposeAsync() => await KillAsync(CancellationToken.None);

    private async Task SignalAsync(string signal)
    {
        if (_process is not { HasExited: false, Id: var id })
            return;
        using var kill = Process.Start(new ProcessStartInfo("kill", [$"-{signal}", $"{id}"])) ?? throw new InvalidOperationException("There is no kill");
        await kill.WaitForExitAsync();
    }

    private static Uri FreeAddress()
    {
        using var listener = new TcpListener(LoopbackAddress.Next(), 0);
        listener.Start();
        return new Uri($"http://{listener.LocalEndpoint}");
    }
}
