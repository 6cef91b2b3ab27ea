using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Running;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>A built application: starts its resources, stops them, and answers what state they are in.</summary>
public class DistributedApplication : IHost, IAsyncDisposable
{
    private readonly IHost _host;
    private readonly EntryPointObserver? _observer;

    internal DistributedApplication(IHost host, EntryPointObserver? observer)
    {
        _host = host;
        _observer = observer;
    }

    public IServiceProvider Services => _host.Services;

    public ResourceNotificationService ResourceNotifications => Services.GetRequiredService<ResourceNotificationService>();

    public ResourceCommandService ResourceCommands => Services.GetRequiredService<ResourceCommandService>();

    /// <summary>An AppHost that runs inside a test only builds its model; the test starts and stops the application.</summary>
    private bool BelongsToTest => _observer is not null && EntryPointObserver.Current == _observer;

    public static IDistributedApplicationBuilder CreateBuilder(string[] args) =>
        CreateBuilder(new DistributedApplicationOptions { Args = args });

    public static IDistributedApplicationBuilder CreateBuilder(DistributedApplicationOptions options) => new DistributedApplicationBuilder(options);

    public virtual Task StartAsync(CancellationToken cancellationToken = default) =>
        BelongsToTest ? _observer!.Started.WaitAsync(cancellationToken) : StartHostAsync(cancellationToken);

    public virtual Task StopAsync(CancellationToken cancellationToken = default) =>
        BelongsToTest ? Task.CompletedTask : _host.StopAsync(cancellationToken);

    public virtual async Task RunAsync(CancellationToken cancellationToken = default)
    {
        if (BelongsToTest)
        {
            await _observer!.Disposed.WaitAsync(cancellationToken);
            return;
        }

        try
        {
            await StartHostAsync(cancellationToken);
            await _host.WaitForShutdownAsync(cancellationToken);
        }
        finally
        {
            await DisposeAsync();
        }
    }

    /// <summary>For the end of an entry point: mistakes that can be expected end the process with a message, not with a crash.</summary>
    public void Run()
    {
        try
        {
            RunAsync().GetAwaiter().GetResult();
        }
        catch (DistributedApplicationException exception)
        {
            Console.Error.WriteLine(exception.Message);
            Environment.Exit(1);
        }
    }

    public virtual void Dispose()
    {
        DisposeAsync().AsTask().GetAwaiter().GetResult();
        GC.SuppressFinalize(this);
    }

    public virtual async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        if (BelongsToTest)
            return;

        try
        {
            await Services.GetRequiredService<ApplicationRunner>().StopAsync(CancellationToken.None);
        }
        catch (ObjectDisposedException)
        {
            return;
        }

        if (_host is IAsyncDisposable host)
            await host.DisposeAsync();
        else
            _host.Dispose();
        _observer?.OnDisposed();
    }

    private async Task StartHostAsync(CancellationToken cancellationToken)
    {
        await _host.StartAsync(cancellationToken);
        _observer?.OnStarted();
    }
}
