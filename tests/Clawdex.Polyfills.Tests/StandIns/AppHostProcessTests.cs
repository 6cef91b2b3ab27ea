using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Clawdex.Testing;

namespace Clawdex.Polyfills.Tests.StandIns;

/// <summary>An AppHost in a process of its own: what it prints, and that nothing is left when it ends, however it ends.</summary>
public sealed class AppHostProcessTests : IDisposable
{
    private static readonly Dictionary<string, string> NoVariables = [];

    private readonly TemporaryDirectory _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    [InlineData("HUP")]
    public async Task A_signal_ends_everything(string signal)
    {
        Assert.SkipWhen(IsIgnored(signal), $"SIG{signal} is ignored here, as in a script's background job or below nohup, and every child inherits that");
        await using var appHost = AppHostProcess.Start(_folder.FullPath, NoVariables);
        var services = await appHost.ServicesAsync();

        await appHost.SignalAsync(signal);

        Assert.Equal(0, await appHost.ExitAsync());
        Assert.Equal(2, services.Count);
        await AppHostProcess.GoneAsync(services, TimeSpan.Zero);
        Assert.DoesNotContain("has ended by itself", appHost.Output, StringComparison.Ordinal);
    }

    /// <summary>Bit n - 1 of the signals that this process ignores stands for signal n, proc(5).</summary>
    private static bool IsIgnored(string signal) =>
        File.ReadLines("/proc/self/status").First(line => line.StartsWith("SigIgn:", StringComparison.Ordinal)) is var line
        && (ulong.Parse(line["SigIgn:".Length..].Trim(), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & (signal switch { "HUP" => 1UL, "INT" => 2UL, _ => 0UL })) != 0;

    [Fact]
    public async Task Services_do_not_outlive_an_AppHost_that_was_killed()
    {
        await using var appHost = AppHostProcess.Start(_folder.FullPath, NoVariables);
        var services = await appHost.ServicesAsync();

        await appHost.SignalAsync("KILL");

        Assert.Equal(2, services.Count);
        await AppHostProcess.GoneAsync(services, RunningApplication.Patience);
    }

    [Fact]
    public async Task Every_line_of_a_service_has_its_name()
    {
        await using var appHost = AppHostProcess.Start(_folder.FullPath, NoVariables);

        await appHost.LineAsync(line => line.StartsWith("backend  | process ", StringComparison.Ordinal));
        await appHost.LineAsync(line => line.StartsWith("frontend | process ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_port_that_is_taken_ends_the_AppHost_with_one_clear_message()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;

        await using var appHost = AppHostProcess.Start(_folder.FullPath, NoVariables, $"--port={port}");

        Assert.Equal(1, await appHost.ExitAsync());
        Assert.Contains($"The port {port} of the endpoint 'http' of the resource 'backend' is already in use.", appHost.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", appHost.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--publisher", "manifest")]
    [InlineData("--operation", "publish")]
    public async Task Publishing_says_that_it_needs_the_official_packages(string option, string value)
    {
        await using var appHost = AppHostProcess.Start(_folder.FullPath, NoVariables, option, value);

        Assert.Equal(1, await appHost.ExitAsync());
        Assert.Contains("Publishing needs the official Aspire packages", appHost.Output, StringComparison.Ordinal);
    }
}
