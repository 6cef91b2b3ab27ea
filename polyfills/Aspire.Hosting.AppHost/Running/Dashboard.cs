using System.Net.Sockets;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Running;

/// <summary>
/// The genuine Aspire dashboard, started by the <c>aspire</c> command when that is installed. It shows telemetry; it is never
/// waited for, and nothing that happens to it stops a service.
/// </summary>
internal sealed class Dashboard(IConfiguration configuration, DistributedApplicationOptions options, ILogger<DistributedApplication> logger) : IDisposable
{
    private const int LastLines = 10;
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(60);

    private readonly Queue<string> _lines = new();
    private readonly CancellationTokenSource _stopping = new();
    private string? _otlpUrl;
    private ServiceProcess? _process;
    private Task _watch = Task.CompletedTask;

    public void Start()
    {
        if (options.DisableDashboard)
            return;

        if (FindCommand() is not { } command)
        {
            logger.LogInformation("Dashboard: not started, because there is no 'aspire' command. To get it: npm install -g @microsoft/aspire-cli-linux-x64");
            return;
        }

        var frontend = UsableUrl("ASPNETCORE_URLS");
        var otlpGrpc = UsableUrl("ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL");
        var otlpHttp = UsableUrl("ASPIRE_DASHBOARD_OTLP_HTTP_ENDPOINT_URL");
        try
        {
            _process = ServiceProcess.Start(
                new ProcessSpec(
                    command,
                    ["dashboard", "run", "--allow-anonymous", "--nologo", "--non-interactive", "--frontend-url", frontend, "--otlp-grpc-url", otlpGrpc, "--otlp-http-url", otlpHttp],
                    Environment.CurrentDirectory,
                    new Dictionary<string, string>()),
                (line, _) => Remember(line));
            _otlpUrl = otlpGrpc;
            _watch = WatchAsync(_process, new Uri(frontend), _stopping.Token);
        }
        catch (System.ComponentModel.Win32Exception exception)
        {
            logger.LogWarning("Dashboard: '{Command}' could not be started: {Reason}", command, exception.Message);
        }
    }

    /// <summary>Tells a service where to send its telemetry, when there is a dashboard.</summary>
    public void AddTo(Dictionary<string, object> environment)
    {
        if (_otlpUrl is null)
            return;

        environment["OTEL_EXPORTER_OTLP_ENDPOINT"] = _otlpUrl;
        environment["OTEL_EXPORTER_OTLP_PROTOCOL"] = "grpc";
    }

    public async Task StopAsync(CancellationToken patience)
    {
        await _stopping.CancelAsync();
        if (_process is not null)
            await _process.StopAsync(patience);
        await _watch;
    }

    public void Dispose() => _stopping.Dispose();

    private static string? FindCommand()
    {
        var name = OperatingSystem.IsWindows() ? "aspire.exe" : "aspire";
        return (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, name))
            .FirstOrDefault(File.Exists);
    }

    /// <summary>The first plain HTTP address that a setting names, if its port is free; else one with any free port.</summary>
    private string UsableUrl(string key)
    {
        foreach (var url in (configuration[key] ?? "").Split(';', StringSplitOptions.RemoveEmptyEntries))
        {
            if (Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme == "http" && PortReservation.TryTake(uri.Port) is { } reservation)
            {
                reservation.Dispose();
                return url;
            }
        }

        using var any = PortReservation.Any();
        return $"http://localhost:{any.Port}";
    }

    private async Task WatchAsync(ServiceProcess process, Uri frontend, CancellationToken cancellationToken)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var listening = AnnounceAsync(frontend, ended.Token);
        var exitCode = await process.Exited;
        await ended.CancelAsync();
        await listening;
        if (!cancellationToken.IsCancellationRequested)
        {
            lock (_lines)
                logger.LogWarning("Dashboard: ended with exit code {ExitCode}; the services run on without it. {Lines}", exitCode, string.Join(Environment.NewLine, _lines));
        }
    }

    private async Task AnnounceAsync(Uri frontend, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(StartLimit);
        try
        {
            while (!await ListensAsync(frontend, limit.Token))
                await Task.Delay(TimeSpan.FromMilliseconds(200), limit.Token);
            logger.LogInformation("Dashboard: {Url}", frontend.GetLeftPart(UriPartial.Authority));
        }
        catch (OperationCanceledException)
        {
            // It has ended, or does not come up: the services need not know.
        }
    }

    private static async Task<bool> ListensAsync(Uri url, CancellationToken cancellationToken)
    {
        try
        {
            using var client = new TcpClient();
            await client.ConnectAsync(url.Host, url.Port, cancellationToken);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void Remember(string line)
    {
        lock (_lines)
        {
            _lines.Enqueue(line);
            if (_lines.Count > LastLines)
                _lines.Dequeue();
        }
    }
}
