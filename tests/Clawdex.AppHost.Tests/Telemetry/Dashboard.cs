using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Clawdex.Testing;

namespace Clawdex.AppHost.Tests.Telemetry;

/// <summary>The genuine Aspire dashboard in a process of its own, with a home folder of its own, on free ports.</summary>
internal sealed class Dashboard : IAsyncDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private readonly Process _process;
    private readonly TemporaryDirectory _home;
    private readonly ConcurrentQueue<string> _lines = new();
    private readonly HttpClient _http;
    private readonly Uri _otlp;

    private Dashboard(TemporaryDirectory home, Uri address, Uri otlp, Uri otlpHttp)
    {
        (_home, Address, _otlp) = (home, address, otlp);
        _http = new HttpClient { BaseAddress = address };
        _process = new Process
        {
            StartInfo = new ProcessStartInfo(
                ExternalTool.PathOf(ExternalTool.AspireCli),
                [
                    "dashboard", "run", "--allow-anonymous", "--nologo", "--non-interactive",
                    "--frontend-url", Authority(address), "--otlp-grpc-url", Authority(otlp), "--otlp-http-url", Authority(otlpHttp),
                ])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                WorkingDirectory = home.FullPath,
                Environment = { ["HOME"] = home.FullPath, ["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1" },
            },
        };
        _process.OutputDataReceived += (_, line) => _lines.Enqueue(line.Data ?? "");
        _process.ErrorDataReceived += (_, line) => _lines.Enqueue(line.Data ?? "");
        _process.Start();
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    public Uri Address { get; }

    /// <summary>What makes a service send its telemetry here, at once.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = Authority(_otlp),
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "grpc",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "200",
        ["OTEL_BLRP_SCHEDULE_DELAY"] = "200",
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "500",
    };

    public static async Task<Dashboard> StartAsync(CancellationToken cancellationToken)
    {
        var ports = FreePorts(3);
        var dashboard = new Dashboard(new TemporaryDirectory(), Loopback(ports[0]), Loopback(ports[1]), Loopback(ports[2]));
        try
        {
            await dashboard.AskUntilAsync("api/telemetry/resources", _ => true, cancellationToken);
            return dashboard;
        }
        catch
        {
            await dashboard.DisposeAsync();
            throw;
        }
    }

    /// <summary>Asks the telemetry API until the answer is what the caller waits for.</summary>
    public async Task<JsonNode> AskUntilAsync(string path, Func<JsonNode, bool> isEnough, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(ClawdexApp.Patience);
        JsonNode? last = null;
        try
        {
            while (true)
            {
                if (_process.HasExited)
                    throw new InvalidOperationException($"The dashboard ended:\n{string.Join('\n', _lines)}");
                last = await TryAskAsync(path, patience.Token);
                if (last is not null && isEnough(last))
                    return last;
                await Task.Delay(Pause, TimeProvider.System, patience.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{path} never answered as wished. The last answer:\n{last}\n{string.Join('\n', _lines)}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            // The command starts the dashboard as a child of its own.
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync(CancellationToken.None);
        }

        _process.Dispose();
        _http.Dispose();
        _home.Dispose();
    }

    private async Task<JsonNode?> TryAskAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _http.GetAsync(path, cancellationToken);
            return answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync<JsonNode>(cancellationToken) : null;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }

    private static string Authority(Uri address) => address.GetLeftPart(UriPartial.Authority);

    private static Uri Loopback(int port) => new($"http://127.0.0.1:{port}");

    private static int[] FreePorts(int count)
    {
        var listeners = Enumerable.Range(0, count).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        foreach (var listener in listeners)
            listener.Start();
        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        foreach (var listener in listeners)
            listener.Dispose();
        return ports;
    }
}
