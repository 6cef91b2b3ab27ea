using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A resource and its state.</summary>
public class ResourceEvent
{
    internal ResourceEvent(IResource resource, CustomResourceSnapshot snapshot)
    {
        Resource = resource;
        Snapshot = snapshot;
    }

    public IResource Resource { get; }

    public CustomResourceSnapshot Snapshot { get; }
}

/// <summary>Knows the state of every resource, and lets others wait for one.</summary>
public class ResourceNotificationService : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, ResourceEvent> _states = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<Waiter> _waiters = [];
    private readonly DistributedApplicationModel _model;
    private readonly CancellationTokenSource _end;
    private readonly CancellationToken _ended;

    internal ResourceNotificationService(DistributedApplicationModel model, IHostApplicationLifetime lifetime)
    {
        _model = model;
        _end = CancellationTokenSource.CreateLinkedTokenSource(lifetime.ApplicationStopping);
        _ended = _end.Token;
    }

    public bool TryGetCurrentState(string resourceId, [NotNullWhen(true)] out ResourceEvent? resourceEvent)
    {
        lock (_gate)
            return _states.TryGetValue(resourceId, out resourceEvent);
    }

    /// <summary>Waits until a resource is in one of the states.</summary>
    /// <returns>The state.</returns>
    public async Task<string> WaitForResourceAsync(string resourceName, IEnumerable<string> targetStates, CancellationToken cancellationToken = default)
    {
        var states = targetStates.ToHashSet(StringComparer.OrdinalIgnoreCase);
        var reached = await WaitForAsync(resourceName, change => change.Snapshot.State is { Text: var text } && states.Contains(text), cancellationToken);
        return reached.Snapshot.State?.Text ?? "";
    }

    /// <summary>
    /// Waits for a running and healthy resource whose readiness everybody has acted on. The stand-in's dashboard cannot start a
    /// failed resource again, so this throws when the resource fails.
    /// </summary>
    public Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default) =>
        WaitForResourceHealthyAsync(resourceName, WaitBehavior.StopOnResourceUnavailable, cancellationToken);

    /// <summary>Waits for a running and healthy resource whose readiness everybody has acted on, through a failure or not.</summary>
    public async Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, WaitBehavior waitBehavior, CancellationToken cancellationToken = default)
    {
        if (!_model.Resources.TryGetByName(resourceName, out _))
            throw new DistributedApplicationException($"Stopped waiting for resource '{resourceName}' to become healthy because it does not exist in the application model.");

        var reached = await WaitForAsync(resourceName, change => IsReady(change.Snapshot) || (waitBehavior is WaitBehavior.StopOnResourceUnavailable && HasFailed(change.Snapshot)), cancellationToken);
        if (!IsReady(reached.Snapshot))
            throw new DistributedApplicationException($"Stopped waiting for resource '{resourceName}' to become healthy because it failed to start: it is {reached.Snapshot.State?.Text}.");

        await (reached.Snapshot.Ready ?? Task.CompletedTask).WaitAsync(cancellationToken);
        return reached;
    }

    public void Dispose()
    {
        _end.Cancel();
        _end.Dispose();
        GC.SuppressFinalize(this);
    }

    internal void Update(IResource resource, Func<CustomResourceSnapshot, CustomResourceSnapshot> change)
    {
        lock (_gate)
        {
            var previous = _states.TryGetValue(resource.Name, out var known) ? known.Snapshot : new CustomResourceSnapshot();
            var current = new ResourceEvent(resource, change(previous));
            _states[resource.Name] = current;
            foreach (var waiter in _waiters.Where(waiter => waiter.Resource.Equals(resource.Name, StringComparison.OrdinalIgnoreCase) && waiter.Wanted(current)))
                waiter.Reached.TrySetResult(current);
        }
    }

    /// <summary>The first state, from the present one on, that is wanted.</summary>
    internal async Task<ResourceEvent> WaitForAsync(string resourceName, Func<ResourceEvent, bool> wanted, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(resourceName, wanted, new(TaskCreationOptions.RunContinuationsAsynchronously));
        lock (_gate)
        {
            if (_states.TryGetValue(resourceName, out var present) && wanted(present))
                return present;

            _waiters.Add(waiter);
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ended);
        try
        {
            return await waiter.Reached.Task.WaitAsync(either.Token);
        }
        finally
        {
            lock (_gate)
                _waiters.Remove(waiter);
        }
    }

    private static bool IsReady(CustomResourceSnapshot snapshot) => snapshot is { HealthStatus: HealthStatus.Healthy, Ready: not null };

    private static bool HasFailed(CustomResourceSnapshot snapshot) => KnownResourceStates.TerminalStates.Contains(snapshot.State?.Text);

    private sealed record Waiter(string Resource, Func<ResourceEvent, bool> Wanted, TaskCompletionSource<ResourceEvent> Reached);
}
