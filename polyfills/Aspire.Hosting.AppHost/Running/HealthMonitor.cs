using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Net;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Running;

/// <summary>
/// Asks running resources for their health: often until they are healthy, then rarely. The first time that a resource is
/// healthy after a start, it is ready.
/// </summary>
internal sealed class HealthMonitor(
    HealthCheckService checks, ResourceNotificationService notifications, IServiceProvider services,
    TimeProvider time, ILogger<DistributedApplication> logger) : IAsyncDisposable
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestUnhealthy = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan Healthy = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<IResource, (CancellationTokenSource Stop, Task Loop)> _loops = new();

    /// <summary>The reports of a resource that no check has asked yet: it is not healthy before every one has.</summary>
    public static ImmutableArray<HealthReportSnapshot> Unasked(IResource resource) =>
        [.. resource.Annotations.OfType<HealthCheckAnnotation>().Select(annotation => new HealthReportSnapshot(annotation.Key, null, null, null))];

    public void Begin(IResource resource)
    {
        var keys = resource.Annotations.OfType<HealthCheckAnnotation>().Select(annotation => annotation.Key).ToHashSet();
        var stop = new CancellationTokenSource();
        _loops[resource] = (stop, WatchAsync(resource, keys, stop.Token));
    }

    public async Task EndAsync(IResource resource)
    {
        if (!_loops.TryRemove(resource, out var loop))
            return;

        await loop.Stop.CancelAsync();
        await loop.Loop;
        loop.Stop.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var resource in _loops.Keys)
            await EndAsync(resource);
    }

    private async Task WatchAsync(IResource resource, HashSet<string> keys, CancellationToken cancellationToken)
    {
        try
        {
            await notifications.WaitForAsync(resource.Name, change => change.Snapshot.State?.Text == KnownResourceStates.Running, cancellationToken);
            var delay = First;
            var ready = false;
            while (true)
            {
                var report = await checks.CheckHealthAsync(check => keys.Contains(check.Name), cancellationToken);
                Publish(resource, report);
                if (report.Status == HealthStatus.Healthy && !ready)
                {
                    ready = true;
                    await SetReadyAsync(resource, cancellationToken);
                }

                if (keys.Count == 0)
                    return;

                delay = report.Status == HealthStatus.Healthy ? Healthy
                    : ready ? LongestUnhealthy
                    : delay * 1.5 < LongestUnhealthy ? delay * 1.5 : LongestUnhealthy;
                await Task.Delay(delay, time, cancellationToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The resource has stopped.
        }
    }

    private void Publish(IResource resource, HealthReport report) => notifications.Update(resource, snapshot => snapshot with
    {
        HealthReports = [.. report.Entries.Select(entry => new HealthReportSnapshot(entry.Key, entry.Value.Status, entry.Value.Description, entry.Value.Exception?.Message))],
    });

    private async Task SetReadyAsync(IResource resource, CancellationToken cancellationToken)
    {
        var acting = ActAsync(resource, cancellationToken);
        notifications.Update(resource, snapshot => snapshot with { Ready = acting });
        try
        {
            await acting;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            logger.LogError(exception, "A handler of the readiness of {Resource} failed.", resource.Name);
        }
    }

    private async Task ActAsync(IResource resource, CancellationToken cancellationToken)
    {
        foreach (var annotation in resource.Annotations.OfType<ReadyAnnotation>().ToList())
            await annotation.Callback(new ResourceReadyEvent(resource, services), cancellationToken);
    }
}

/// <summary>Healthy when a GET of an endpoint answers with the status code that is expected.</summary>
internal sealed class HttpEndpointCheck(EndpointReference endpoint, string path, int statusCode) : IHealthCheck
{
    // Not from IHttpClientFactory, which would log every request.
    private static readonly HttpClient Client = new(new SocketsHttpHandler { AllowAutoRedirect = false, ActivityHeadersPropagator = null })
    {
        Timeout = TimeSpan.FromSeconds(5),
    };

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(new Uri(endpoint.Url), path))
            {
                // An HTTP/2 endpoint without TLS does not speak HTTP/1.1.
                Version = endpoint.EndpointAnnotation is { Transport: "http2", TlsEnabled: false } ? HttpVersion.Version20 : HttpVersion.Version11,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            };
            using var response = await Client.SendAsync(request, cancellationToken);
            return (int)response.StatusCode == statusCode
                ? HealthCheckResult.Healthy()
                : HealthCheckResult.Unhealthy($"{path} answers {(int)response.StatusCode}, expected is {statusCode}.");
        }
        catch (HttpRequestException exception)
        {
            return HealthCheckResult.Unhealthy(exception.Message, exception);
        }
        catch (OperationCanceledException exception) when (!cancellationToken.IsCancellationRequested)
        {
            return HealthCheckResult.Unhealthy("The request timed out.", exception);
        }
    }
}
