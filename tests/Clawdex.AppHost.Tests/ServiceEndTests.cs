using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Clawdex.Testing;

namespace Clawdex.AppHost.Tests;

/// <summary>How a service ends that runs by itself: what its operator reads, and its exit code.</summary>
public sealed class ServiceEndTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private readonly List<Process> _started = [];

    public static TheoryData<string> Services => ["Clawdex.Gateway", "Clawdex.LlmService", "Clawdex.SessionService"];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Services))]
    public async Task A_port_that_is_taken_is_one_line(string service)
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();

        await AssertRefusedAsync(service, "Kestrel__Endpoints__http__Url", $"http://{taken.LocalEndpoint}", "address already in use");
    }

    [Theory]
    [MemberData(nameof(Services))]
    public async Task An_address_that_is_none_is_one_line(string service)
    {
        await AssertRefusedAsync(service, "Kestrel__Endpoints__http__Url", "nonsense", "nonsense");
        await AssertRefusedAsync(service, "Kestrel__Endpoints__http__Url", "http://localhost:99999", "port");
    }

    [Theory]
    [MemberData(nameof(Services))]
    public Task A_log_level_that_is_none_is_one_line(string service) =>
        AssertRefusedAsync(service, "Logging__LogLevel__Default", "Loud", "Loud");

    [Theory]
    [MemberData(nameof(Services))]
    public async Task A_hang_up_ends_it_in_order(string service)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Signals are Unix's.");
        var process = Start(service, "Kestrel__Endpoints__http__Url", "http://127.0.0.1:0");
        while (await process.StandardOutput.ReadLineAsync(Cancel).AsTask().WaitAsync(ClawdexApp.Patience, Cancel) is { } line && !line.Contains("Application started", StringComparison.Ordinal))
        {
        }

        using var kill = Process.Start("kill", ["-HUP", $"{process.Id}"]);
        var rest = await process.StandardOutput.ReadToEndAsync(Cancel).WaitAsync(ClawdexApp.Patience, Cancel);
        await process.WaitForExitAsync(Cancel);

        Assert.Contains("Application is shutting down", rest, StringComparison.Ordinal);
        Assert.Equal(0, process.ExitCode);
    }

    public void Dispose()
    {
        foreach (var process in _started)
        {
            // A test that gave up waiting leaves none behind.
            process.Kill();
            process.Dispose();
        }

        _folder.Dispose();
    }

    private async Task AssertRefusedAsync(string service, string variable, string value, string reason)
    {
        var process = Start(service, variable, value);
        var errors = process.StandardError.ReadToEndAsync(Cancel);
        var output = await process.StandardOutput.ReadToEndAsync(Cancel).WaitAsync(ClawdexApp.Patience, Cancel) + await errors;
        await process.WaitForExitAsync(Cancel);

        Assert.Equal(1, process.ExitCode);
        Assert.Single(output.Split('\n'), line => line.Contains(reason, StringComparison.Ordinal));
        // Not stacks of every kind: the gateway, which is alone here, misses the services that it calls.
        Assert.DoesNotContain("Unhandled exception", output, StringComparison.Ordinal);
    }

    private Process Start(string service, string variable, string value)
    {
        var start = ServiceProgram.StartInfo(service);
        start.RedirectStandardError = true;
        foreach (var (name, text) in (Dictionary<string, string>)new()
        {
            ["Kestrel__Endpoints__http__Url"] = "http://127.0.0.1:0",
            ["channels__telegram__botToken"] = "123:ABC",
            ["channels__telegram__apiBaseUrl"] = "http://127.0.0.1:9",
            ["sessions__dataDirectory"] = _folder.FullPath,
            [variable] = value,
        })
            start.Environment[name] = text;
        // The gateway has no such endpoint, and must not get one.
        if (service != "Clawdex.Gateway")
            start.Environment["Kestrel__Endpoints__grpc__Url"] = "http://127.0.0.1:0";
        if (OperatingSystem.IsLinux())
        {
            // Whoever runs the tests under nohup has them ignore a hang-up, and a child inherits that.
            start.ArgumentList.Insert(0, start.FileName);
            start.ArgumentList.Insert(0, "--default-signal=HUP");
            start.FileName = "env";
        }

        var process = Process.Start(start) ?? throw new InvalidOperationException($"{service} could not be started.");
        _started.Add(process);
        return process;
    }
}
