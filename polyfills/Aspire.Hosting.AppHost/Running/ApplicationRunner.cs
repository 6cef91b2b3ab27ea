using System.Runtime.InteropServices;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Running;

/// <summary>Starts the application's resources, each as soon as what it waits for is there, and stops them all.</summary>
internal sealed class ApplicationRunner(
    DistributedApplicationModel model, RunContext context, ResourceOutput output, IHostApplicationLifetime lifetime) : IHostedService, IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private List<ProjectRun> _projects = [];
    private Task _starting = Task.CompletedTask;
    private readonly Lock _gate = new();
    private PosixSignalRegistration? _hangup;
    private Task? _stop;

    public ProjectRun? Find(IResource resource) => _projects.FirstOrDefault(project => project.Resource == resource);

    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (context.Execution.IsPublishMode)
            throw new DistributedApplicationException("Publishing needs the official Aspire packages, and this build uses the stand-ins under polyfills/, which only run. Build with a registry that has the packages (see polyfills/README.md).");

        context.Logger.LogInformation("Distributed application starting.");
        output.Begin();
        if (!OperatingSystem.IsWindows())
            _hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal => { signal.Cancel = true; lifetime.StopApplication(); });

        foreach (var annotation in model.Resources.SelectMany(resource => resource.Annotations.OfType<BeforeStartAnnotation>()).ToList())
            annotation.Callback();
        _projects = [.. model.Resources.OfType<ProjectResource>().Select(resource => new ProjectRun(resource, context))];
        Allocate();
        context.Dashboard.Start();
        foreach (var resource in model.Resources)
            await InitializeAsync(resource, cancellationToken);

        _starting = Task.WhenAll(_projects.Select(project => StartWhenReadyAsync(project, _stopping.Token)));
        context.Logger.LogInformation("Distributed application started. Press Ctrl+C to shut down.");
    }

    /// <summary>Stops everything, once; every caller waits for the same end.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
            return _stop ??= StopAllAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync(CancellationToken.None);
        _projects.ForEach(project => project.Dispose());
        _stopping.Dispose();
    }

    /// <summary>Asks all processes to end at once, as the official orchestrator does, and ends those that outlive the grace.</summary>
    private async Task StopAllAsync()
    {
        await _stopping.CancelAsync();
        await _starting;
        using var patience = new CancellationTokenSource(ProjectRun.Grace);
        await Task.WhenAll(_projects.Select(project => project.StopWithinAsync(patience.Token)).ToList());

        await context.Dashboard.StopAsync(patience.Token);
        await patience.CancelAsync();
        context.Endpoints.Dispose();
        _hangup?.Dispose();
    }

    /// <summary>All ports at once, so that every one in use is reported together.</summary>
    private void Allocate()
    {
        List<string> problems = [];
        foreach (var project in _projects)
        {
            try
            {
                context.Endpoints.Allocate(project.Resource);
            }
            catch (DistributedApplicationException exception)
            {
                problems.Add(exception.Message);
            }
        }

        if (problems.Count > 0)
            throw new DistributedApplicationException(string.Join(Environment.NewLine, problems));
    }

    /// <summary>What is no process is there at once: databases, and parameters that have a value.</summary>
    private async Task InitializeAsync(IResource resource, CancellationToken cancellationToken)
    {
        var state = resource switch
        {
            ProjectResource => KnownResourceStates.NotStarted,
            ParameterResource parameter when !await HasValueAsync(parameter, cancellationToken) => KnownResourceStates.ValueMissing,
            _ => KnownResourceStates.Running,
        };
        context.Notifications.Update(resource, snapshot => snapshot with { State = state });
        if (resource is not ProjectResource)
            context.Health.Begin(resource);
    }

    private async Task<bool> HasValueAsync(ParameterResource parameter, CancellationToken cancellationToken)
    {
        try
        {
            return await parameter.GetValueAsync(cancellationToken) is not null;
        }
        catch (DistributedApplicationException exception)
        {
            context.Logger.LogError("{Message}", exception.Message);
            return false;
        }
    }

    private async Task StartWhenReadyAsync(ProjectRun project, CancellationToken cancellationToken)
    {
        await Task.Yield();
        try
        {
            await project.WaitForDependenciesAsync(cancellationToken);
        }
        catch (OperationCanceledException)
        {
            return;
        }
        catch (Exception exception)
        {
            project.Fail(exception);
            return;
        }

        try
        {
            await project.StartAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is OperationCanceledException or DistributedApplicationException)
        {
            // The project has reported it.
        }
    }
}
