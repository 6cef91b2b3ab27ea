using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.ApplicationModel;

/// <summary>A resource and its state. The stand-in runs one instance of each resource, so its id is its name.</summary>
public class ResourceEvent(IResource resource, string resourceId, CustomResourceSnapshot snapshot)
{
    public IResource Resource { get; } = resource;

    public string ResourceId { get; } = resourceId;

    public CustomResourceSnapshot Snapshot { get; } = snapshot;
}

/// <summary>Knows the state of every resource, and lets others wait for one.</summary>
public class ResourceNotificationService : IDisposable
{
    private readonly ConcurrentDictionary<string, ResourceEvent> _states = new(StringComparer.OrdinalIgnoreCase);
    private readonly Lock _gate = new();
    private readonly DistributedApplicationModel _model;
    private readonly ResourceLoggerService _loggers;
    private readonly CancellationTokenSource _disposed = new();
    private readonly CancellationTokenSource _stopping;
    private ImmutableList<Channel<ResourceEvent>> _watchers = [];

    internal ResourceNotificationService(DistributedApplicationModel model, ResourceLoggerService loggers, IHostApplicationLifetime lifetime)
    {
        _model = model;
        _loggers = loggers;
        _stopping = CancellationTokenSource.CreateLinkedTokenSource(_disposed.Token, lifetime.ApplicationStopping);
    }

    public bool TryGetCurrentState(string resourceId, [NotNullWhen(true)] out ResourceEvent? resourceEvent) =>
        _states.TryGetValue(resourceId, out resourceEvent);

    public Task PublishUpdateAsync(IResource resource, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory)
    {
        lock (_gate)
        {
            var previous = _states.TryGetValue(resource.Name, out var known) ? known.Snapshot : Initial(resource);
            var current = new ResourceEvent(resource, resource.Name, stateFactory(previous));
            _states[resource.Name] = current;
            foreach (var watcher in _watchers)
                watcher.Writer.TryWrite(current);
        }

        return Task.CompletedTask;
    }

    public Task PublishUpdateAsync(IResource resource, string resourceId, Func<CustomResourceSnapshot, CustomResourceSnapshot> stateFactory) =>
        PublishUpdateAsync(resource, stateFactory);

    /// <summary>The state of every resource now, then every change.</summary>
    public async IAsyncEnumerable<ResourceEvent> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _disposed.Token);

        // Unbounded, because a lost change could be the one somebody waits for; changes are few, about five per start.
        var channel = Channel.CreateUnbounded<ResourceEvent>();
        lock (_gate)
        {
            foreach (var state in _states.Values)
                channel.Writer.TryWrite(state);
            _watchers = _watchers.Add(channel);
        }

        try
        {
            await foreach (var change in channel.Reader.ReadAllAsync(either.Token))
                yield return change;
        }
        finally
        {
            lock (_gate)
                _watchers = _watchers.Remove(channel);
        }
    }

    public async Task<ResourceEvent> WaitForResourceAsync(string resourceName, Func<ResourceEvent, bool> predicate, CancellationToken cancellationToken = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _stopping.Token);
        await foreach (var change in WatchAsync(either.Token))
        {
            if (change.Resource.Name.Equals(resourceName, StringComparison.OrdinalIgnoreCase) && predicate(change))
                return change;
        }

        throw new OperationCanceledException($"The wait for the resource '{resourceName}' was cancelled.");
    }

    public async Task<string> WaitForResourceAsync(string resourceName, IEnumerable<string> targetStates, CancellationToken cancellationToken = default)
    {
        var reached = await WaitForResourceAsync(resourceName, change => targetStates.Contains(change.Snapshot.State?.Text), cancellationToken);
        return reached.Snapshot.State?.Text ?? "";
    }

    /// <summary>Waits for a state, by default <see cref="KnownResourceStates.Running"/>.</summary>
    public Task WaitForResourceAsync(string resourceName, string? targetState = null, CancellationToken cancellationToken = default) =>
        WaitForResourceAsync(resourceName, [targetState ?? KnownResourceStates.Running], cancellationToken);

    /// <summary>
    /// Waits for a running and healthy resource whose readiness everybody has acted on. The stand-in's dashboard cannot start a
    /// failed resource again, so this throws by default when the resource fails.
    /// </summary>
    public Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, CancellationToken cancellationToken = default) =>
        WaitForResourceHealthyAsync(resourceName, WaitBehavior.StopOnResourceUnavailable, cancellationToken);

    /// <inheritdoc cref="WaitForResourceHealthyAsync(string,CancellationToken)"/>
    public async Task<ResourceEvent> WaitForResourceHealthyAsync(string resourceName, WaitBehavior waitBehavior, CancellationToken cancellationToken = default)
    {
        if (!_model.Resources.TryGetByName(resourceName, out _))
            throw new DistributedApplicationException($"Stopped waiting for resource '{resourceName}' to become healthy because it does not exist in the application model.");

        var reached = await WaitForResourceAsync(resourceName, change => IsReady(change) || GivesUp(change, waitBehavior), cancellationToken);
        if (!IsReady(reached))
            throw new DistributedApplicationException($"Stopped waiting for resource '{resourceName}' to become healthy because it failed to start: it is {reached.Snapshot.State?.Text}.");

        await (reached.Snapshot.Ready ?? Task.CompletedTask).WaitAsync(cancellationToken);
        return reached;
    }

    /// <summary>Waits for everything that a resource must wait for; throws when that can no longer happen.</summary>
    public async Task WaitForDependenciesAsync(IResource resource, CancellationToken cancellationToken)
    {
        if (!resource.TryGetAnnotationsOfType<WaitAnnotation>(out var waits))
            return;

        await PublishUpdateAsync(resource, snapshot => snapshot with { State = KnownResourceStates.Waiting });
        await Task.WhenAll(waits.Select(wait => WaitForDependencyAsync(resource, wait, cancellationToken)));
    }

    public void Dispose()
    {
        _disposed.Cancel();
        _stopping.Dispose();
        _disposed.Dispose();
        GC.SuppressFinalize(this);
    }

    private async Task WaitForDependencyAsync(IResource resource, WaitAnnotation wait, CancellationToken cancellationToken)
    {
        var name = wait.Resource.Name;
        var behavior = wait.WaitBehavior ?? WaitBehavior.StopOnResourceUnavailable;
        switch (wait.WaitType)
        {
            case WaitType.WaitForCompletion:
                await WaitForResourceAsync(name, KnownResourceStates.TerminalStates, cancellationToken);
                if (TryGetCurrentState(name, out var ended) && ended.Snapshot.ExitCode is { } code && code != wait.ExitCode)
                    throw new DistributedApplicationException($"Resource '{name}' has ended with exit code {code}, but '{resource.Name}' waits for exit code {wait.ExitCode}.");
                break;
            case WaitType.WaitUntilStarted:
                var started = await WaitForResourceAsync(name, change => IsRunning(change) || GivesUp(change, behavior), cancellationToken);
                if (!IsRunning(started))
                    throw new DistributedApplicationException($"Resource '{resource.Name}' waits for '{name}', which is {started.Snapshot.State?.Text}.");
                break;
            default:
                await WaitForResourceHealthyAsync(name, behavior, cancellationToken);
                break;
        }

        _loggers.Write(resource.Name, $"Finished waiting for resource '{name}'.", isError: false);
    }

    private static CustomResourceSnapshot Initial(IResource resource) =>
        resource.TryGetLastAnnotation<ResourceSnapshotAnnotation>(out var annotation)
            ? annotation.InitialSnapshot
            : new CustomResourceSnapshot { ResourceType = resource.GetType().Name.Replace("Resource", "", StringComparison.Ordinal), Properties = [] };

    private static bool IsRunning(ResourceEvent change) => change.Snapshot.State?.Text == KnownResourceStates.Running;

    private static bool IsReady(ResourceEvent change) => change.Snapshot is { HealthStatus: HealthStatus.Healthy, Ready: not null };

    private static bool GivesUp(ResourceEvent change, WaitBehavior behavior) =>
        behavior == WaitBehavior.StopOnResourceUnavailable
        && (KnownResourceStates.TerminalStates.Contains(change.Snapshot.State?.Text) || change.Snapshot.State?.Text == KnownResourceStates.RuntimeUnhealthy);
}
