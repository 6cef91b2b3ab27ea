using Aspire.Hosting;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.DependencyInjection;

namespace Clawdex.Polyfills.Tests.StandIns;

/// <summary>A started application, and waiting for what happens in it.</summary>
internal sealed class RunningApplication : IAsyncDisposable
{
    /// <summary>For one step of a test; far more than a busy machine needs.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly DistributedApplication _app;

    private RunningApplication(DistributedApplication app) => _app = app;

    public DistributedApplication App => _app;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public static async Task<RunningApplication> StartAsync(IDistributedApplicationBuilder builder)
    {
        var app = builder.Build();
        try
        {
            await app.StartAsync(Cancellation).WaitAsync(Patience, Cancellation);
            return new RunningApplication(app);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    public HttpClient Client(string resource, string endpoint = "http") => ClientOf(_app, resource, endpoint);

    /// <summary>A client whose base address is an endpoint of the resource.</summary>
    public static HttpClient ClientOf(DistributedApplication app, string resource, string endpoint = "http")
    {
        var project = app.Services.GetRequiredService<DistributedApplicationModel>().Resources.OfType<ProjectResource>().Single(candidate => candidate.Name == resource);
        return new HttpClient { BaseAddress = new Uri(project.GetEndpoint(endpoint).Url) };
    }

    public Task HealthyAsync(string resource, WaitBehavior behavior = WaitBehavior.StopOnResourceUnavailable) =>
        _app.ResourceNotifications.WaitForResourceHealthyAsync(resource, behavior, Cancellation).WaitAsync(Patience, Cancellation);

    public async Task<CustomResourceSnapshot> StateAsync(string resource, string state) =>
        (await _app.ResourceNotifications.WaitForAsync(resource, change => change.Snapshot.State?.Text == state, Cancellation)
            .WaitAsync(Patience, Cancellation)).Snapshot;

    public CustomResourceSnapshot StateOf(string resource) =>
        _app.ResourceNotifications.TryGetCurrentState(resource, out var state) ? state.Snapshot : throw new InvalidOperationException($"{resource} is unknown.");

    public async Task CommandAsync(string resource, string command)
    {
        var result = await _app.ResourceCommands.ExecuteCommandAsync(resource, command, Cancellation).WaitAsync(Patience, Cancellation);
        Assert.True(result.Success, result.Message);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();
}
