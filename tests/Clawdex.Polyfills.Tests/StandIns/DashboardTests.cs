using System.Net;
using System.Net.Sockets;
using Clawdex.Testing;

namespace Clawdex.Polyfills.Tests.StandIns;

/// <summary>The dashboard as the AppHost starts it; a script plays the <c>aspire</c> command.</summary>
public sealed class DashboardTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task The_dashboard_gets_the_configured_addresses_and_the_services_its_endpoint()
    {
        using var frontend = new FreePort();
        using var otlp = new FreePort();
        WriteAspireCommand($"echo \"$@\" > '{_folder["arguments"]}'\nexec /bin/sleep 60");
        var environment = new Dictionary<string, string>
        {
            ["ASPNETCORE_URLS"] = $"https://localhost:1;http://localhost:{frontend.Release()}",
            ["ASPIRE_DASHBOARD_OTLP_ENDPOINT_URL"] = $"http://localhost:{otlp.Release()}",
        };

        await using var appHost = AppHostProcess.Start(_folder.FullPath, environment);
        await appHost.ServicesAsync();
        using var listener = new TcpListener(IPAddress.Loopback, frontend.Port);
        listener.Start(); // the dashboard is up
        await appHost.LineAsync($"Dashboard: http://localhost:{frontend.Port}");

        var arguments = await File.ReadAllTextAsync(_folder["arguments"], TestContext.Current.CancellationToken);
        Assert.StartsWith(
            $"dashboard run --allow-anonymous --nologo --non-interactive --frontend-url http://localhost:{frontend.Port} --otlp-grpc-url http://localhost:{otlp.Port} --otlp-http-url http://localhost:",
            arguments, StringComparison.Ordinal);
        Assert.Contains($"backend  | telemetry to http://localhost:{otlp.Port} by grpc", appHost.Output, StringComparison.Ordinal);
        await appHost.SignalAsync("TERM");
        Assert.Equal(0, await appHost.ExitAsync());
    }

    [Fact]
    public async Task Without_the_command_one_line_says_how_to_get_it()
    {
        await using var appHost = AppHostProcess.Start(_folder.FullPath, new Dictionary<string, string>());
        await appHost.ServicesAsync();

        Assert.Contains("Dashboard: not started, because there is no 'aspire' command. To get it: npm install -g @microsoft/aspire-cli-linux-x64", appHost.Output, StringComparison.Ordinal);
        Assert.Contains("backend  | telemetry to nowhere", appHost.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_dashboard_that_dies_is_reported_and_the_services_run_on()
    {
        WriteAspireCommand("echo 'no room for a dashboard'\nexit 3");

        await using var appHost = AppHostProcess.Start(_folder.FullPath, new Dictionary<string, string>());

        var report = await appHost.LineAsync("Dashboard: ended with exit code 3; the services run on without it.");
        Assert.Contains("no room for a dashboard", report, StringComparison.Ordinal);
        await appHost.ServicesAsync();
    }

    private void WriteAspireCommand(string script)
    {
        File.WriteAllText(_folder["aspire"], $"#!/bin/sh\n{script}\n");
        File.SetUnixFileMode(_folder["aspire"], UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    /// <summary>A port that nobody else has until it is released.</summary>
    private sealed class FreePort : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

        public FreePort()
        {
            _listener.Start();
            Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        }

        public int Port { get; }

        public int Release()
        {
            _listener.Stop();
            return Port;
        }

        public void Dispose() => _listener.Dispose();
    }
}
