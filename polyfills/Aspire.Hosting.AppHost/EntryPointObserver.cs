using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>
/// How Aspire.Hosting.Testing takes part while an AppHost's entry point runs inside a test: it sees the builder before and
/// after the AppHost has filled it, and takes over the built application. It flows with the entry point's execution
/// context, so several AppHosts can run in one process at once.
/// </summary>
internal abstract class EntryPointObserver
{
    private static readonly AsyncLocal<EntryPointObserver?> CurrentObserver = new();

    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _disposed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static EntryPointObserver? Current
    {
        get => CurrentObserver.Value;
        set => CurrentObserver.Value = value;
    }

    public Task Started => _started.Task;

    public Task Disposed => _disposed.Task;

    public abstract void OnConstructing(DistributedApplicationOptions options, HostApplicationBuilderSettings settings);

    /// <summary>Called just before the application is built; returns when the test wants it built.</summary>
    public abstract void OnBuilding(DistributedApplicationBuilder builder);

    public abstract void OnBuilt(DistributedApplication application);

    public void OnStarted() => _started.TrySetResult();

    public void OnDisposed() => _disposed.TrySetResult();
}
