using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Clawdex.Testing;

namespace Clawdex.Polyfills.Tests.StandIns;

/// <summary>Who starts after whom, and what makes a resource healthy and ready.</summary>
public sealed class OrderTests : IDisposable
{
    private readonly TemporaryDirectory _folder = new();
    private readonly IDistributedApplicationBuilder _builder = TestService.NewBuilder();
    private readonly string _project;

    public OrderTests() => _project = TestService.In(_folder);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_project_waits_until_what_it_waits_for_is_healthy_and_its_readiness_was_acted_on()
    {
        List<string> order = [];
        var first = _builder.AddProject("first", _project)
            .WithHttpEndpoint()
            .WithHttpHealthCheck("/health")
            .WithEnvironment("SERVICE_HEALTHY_WHEN", _folder["healthy"])
            .OnResourceReady(async (_, _, _) =>
            {
                await Task.Yield();
                order.Add("first is ready");
            });
        _builder.AddProject("second", _project)
            .WaitFor(first)
            .WithEnvironment(_ => order.Add("second starts"));

        await using var running = await RunningApplication.StartAsync(_builder);
        await running.StateAsync("first", KnownResourceStates.Running);
        var waiting = await running.StateAsync("second", KnownResourceStates.Waiting);
        await running.App.ResourceNotifications.WaitForAsync("first", change => change.Snapshot.HealthReports is [{ Status: not null }], Cancellation);
        Assert.Null(waiting.HealthStatus);
        Assert.Equal("Unhealthy", running.StateOf("first").HealthStatus.ToString());

        await File.WriteAllTextAsync(_folder["healthy"], "", Cancellation);
        await running.HealthyAsync("second");

        Assert.Equal(["first is ready", "second starts"], order);
    }

    [Fact]
    public async Task Who_waits_for_a_project_that_dies_first_gives_up_and_says_why()
    {
        var log = CapturedLog.Of(_builder);
        var first = _builder.AddProject("first", _project).WithHttpEndpoint().WithHttpHealthCheck("/health").WithEnvironment("SERVICE_EXITS_WITH", "3");
        _builder.AddProject("second", _project).WaitFor(first);

        await using var running = await RunningApplication.StartAsync(_builder);
        await running.StateAsync("second", KnownResourceStates.FailedToStart);

        Assert.Contains("second failed to start: Stopped waiting for resource 'first' to become healthy because it failed to start", log.Text, StringComparison.Ordinal);
        await Assert.ThrowsAsync<DistributedApplicationException>(() => running.HealthyAsync("first"));
    }

    [Fact]
    public async Task Parameters_and_databases_are_there_at_once()
    {
        var database = _builder.AddSqlite("db", _folder["data"], "test.db");
        var parameter = _builder.AddParameter("name", () => "value");
        _builder.AddProject("service", _project).WaitFor(database).WaitFor(parameter);

        await using var running = await RunningApplication.StartAsync(_builder);

        await running.HealthyAsync("service");
    }

    [Fact]
    public void Nothing_waits_for_itself()
    {
        var service = _builder.AddProject("service", _project);

        Assert.Throws<DistributedApplicationException>(() => service.WaitFor(service));
    }

    [Fact]
    public async Task A_health_check_of_an_endpoint_that_does_not_exist_stops_the_start()
    {
        _builder.AddProject("service", _project).WithHttpEndpoint().WithHttpHealthCheck("/health", endpointName: "nowhere");

        var exception = await Assert.ThrowsAsync<DistributedApplicationException>(() => RunningApplication.StartAsync(_builder));

        Assert.Equal("The endpoint 'nowhere' does not exist on the resource 'service'.", exception.Message);
    }
}
