using Microsoft.Extensions.Hosting;

namespace Clawdex.ServiceDefaults;

/// <summary>
/// What a service does when it is asked to stop, before the host stops anything. Later would be too late: Kestrel is the first to
/// stop, and takes no new calls then, not even on connections that are open.
/// </summary>
public abstract class StopDelay : IHostedLifecycleService
{
    /// <summary>The host waits until it ends.</summary>
    public abstract Task StoppingAsync(CancellationToken cancellationToken);

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
