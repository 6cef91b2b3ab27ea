using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Clawdex.Testing;

namespace Clawdex.Polyfills.Tests.StandIns;

/// <summary>A project's process: its output, its death, commands, its port.</summary>
public sealed class ProcessTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private readonly IDistributedApplicationBuilder _builder = TestService.NewBuilder();
    private readonly CapturedLog _log;
    private readonly IResourceBuilder<ProjectResource> _service;

    public ProcessTests()
    {
        _log = CapturedLog.Of(_builder);
        _service = _builder.AddProject("service", TestService.In(_folder)).WithHttpEndpoint().WithHttpHealthCheck("/health");
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_project_that_dies_is_reported_with_its_exit_code_and_last_lines()
    {
        await using var running = await RunningApplication.StartAsync(_builder);
        await running.HealthyAsync("service");
        using var client = running.Client("service");
        await Assert.ThrowsAsync<HttpRequestException>(() => client.PostAsync(new Uri("/exit/7", UriKind.Relative), null, Cancellation));
        var ended = await running.App.ResourceNotifications.WaitForResourceAsync("service", KnownResourceStates.TerminalStates, Cancellation).WaitAsync(RunningApplication.Patience, Cancellation);
        var state = running.StateOf("service");

        Assert.Equal(KnownResourceStates.Finished, ended);
        Assert.Equal(7, state.ExitCode);
        Assert.Null(state.HealthStatus);
        Assert.Contains("service has ended by itself with exit code 7. Its last lines:", _log.Text, StringComparison.Ordinal);
        Assert.Contains("  my last words", _log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_restart_brings_another_process_on_the_same_port()
    {
        await using var running = await RunningApplication.StartAsync(_builder);
        await running.HealthyAsync("service");
        using var client = running.Client("service");
        var before = await client.GetStringAsync("/process", Cancellation);

        await running.CommandAsync("service", KnownResourceCommands.RestartCommand);
        await running.HealthyAsync("service");

        Assert.NotEqual(before, await client.GetStringAsync("/process", Cancellation));
        Assert.DoesNotContain("has ended by itself", _log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_project_is_stopped_and_started_by_command()
    {
        await using var running = await RunningApplication.StartAsync(_builder);
        await running.HealthyAsync("service");

        await running.CommandAsync("service", KnownResourceCommands.StopCommand);
        Assert.Equal(KnownResourceStates.Exited, running.StateOf("service").State?.Text);

        await running.CommandAsync("service", KnownResourceCommands.StartCommand);
        await running.HealthyAsync("service");
    }

    [Fact]
    public async Task A_command_that_nobody_knows_fails_with_a_reason()
    {
        await using var running = await RunningApplication.StartAsync(_builder);

        var unknown = await running.App.ResourceCommands.ExecuteCommandAsync("service", "dance", Cancellation);
        var nobody = await running.App.ResourceCommands.ExecuteCommandAsync("nobody", KnownResourceCommands.StartCommand, Cancellation);

        Assert.Equal((false, "Command 'dance' not available for resource 'service'."), (unknown.Success, unknown.Message));
        Assert.Equal((false, "Resource 'nobody' not found."), (nobody.Success, nobody.Message));
    }

    [Fact]
    public async Task A_process_that_ignores_the_request_to_end_is_ended_by_force()
    {
        _service.WithEnvironment("SERVICE_IGNORES_TERMINATION", "1");
        var running = await RunningApplication.StartAsync(_builder);
        await running.HealthyAsync("service");
        using var client = running.Client("service");
        using var process = Process.GetProcessById(int.Parse(await client.GetStringAsync("/process", Cancellation), System.Globalization.CultureInfo.InvariantCulture));

        await running.DisposeAsync().AsTask().WaitAsync(RunningApplication.Patience, Cancellation);

        Assert.True(process.HasExited);
    }

    [Fact]
    public async Task A_port_that_is_taken_stops_the_start_and_names_resource_endpoint_and_port()
    {
        using var other = new TcpListener(IPAddress.Loopback, 0);
        other.Start();
        var port = ((IPEndPoint)other.LocalEndpoint).Port;
        _service.WithHttpEndpoint(port, name: "admin");
        _builder.Configuration["DcpPublisher:RandomizePorts"] = "false";

        var exception = await Assert.ThrowsAsync<DistributedApplicationException>(() => RunningApplication.StartAsync(_builder));

        Assert.StartsWith($"The port {port} of the endpoint 'admin' of the resource 'service' is already in use.", exception.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_port_of_an_endpoint_without_proxy_is_not_made_random()
    {
        int port;
        using (var free = new TcpListener(IPAddress.Loopback, 0))
        {
            free.Start();
            port = ((IPEndPoint)free.LocalEndpoint).Port;
        }

        _service.WithHttpEndpoint(port, name: "admin", isProxied: false);
        _builder.Configuration["DcpPublisher:RandomizePorts"] = "true";

        await using var running = await RunningApplication.StartAsync(_builder);

        Assert.Equal(port, _service.GetEndpoint("admin").Port);
    }

    [Fact]
    public async Task A_wait_for_health_ends_with_a_failure_or_goes_through_it_as_asked()
    {
        await using var running = await RunningApplication.StartAsync(_builder);
        await running.HealthyAsync("service");
        await running.CommandAsync("service", KnownResourceCommands.StopCommand);
        await Assert.ThrowsAsync<DistributedApplicationException>(() => running.HealthyAsync("service"));
        var healthy = running.HealthyAsync("service", WaitBehavior.WaitOnResourceUnavailable);
        await running.CommandAsync("service", KnownResourceCommands.StartCommand);
        await healthy;
    }

    [Fact]
    public async Task A_project_that_is_not_built_is_named_with_the_file_that_is_missing()
    {
        _builder.AddProject("unbuilt", _folder["nowhere/Nothing.csproj"]);

        await using var running = await RunningApplication.StartAsync(_builder);
        await running.StateAsync("unbuilt", KnownResourceStates.FailedToStart);

        Assert.Contains("The project of 'unbuilt' is not built: there is no", _log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_output_of_a_project_is_in_the_log_of_a_test()
    {
        await using var running = await RunningApplication.StartAsync(_builder);
        await running.HealthyAsync("service");
        using var client = running.Client("service");

        Assert.Contains($"process {await client.GetStringAsync("/process", Cancellation)}", _log.Text, StringComparison.Ordinal);
    }
}
