using System.Globalization;
using System.Runtime.InteropServices;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting.Running;

/// <summary>What a <see cref="ProjectRun"/> needs from the application.</summary>
internal sealed record RunContext(
    DistributedApplicationExecutionContext Execution,
    DistributedApplicationOptions Options,
    ResourceNotificationService Notifications,
    ResourceOutput Output,
    EndpointAllocator Endpoints,
    HealthMonitor Health,
    Dashboard Dashboard,
    ILogger<DistributedApplication> Logger);

/// <summary>One project resource: starts its process, watches it, stops it. Commands come one after the other.</summary>
internal sealed class ProjectRun(ProjectResource resource, RunContext context) : IDisposable
{
    /// <summary>How long a process may take to end by itself after it was asked to; the official orchestrator gives as much.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(6);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private ServiceProcess? _process;
    private Task _watch = Task.CompletedTask;
    private volatile bool _stopping;

    public ProjectResource Resource => resource;

    /// <summary>Waits until everything that the project waits for is healthy; throws when that can no longer happen.</summary>
    public async Task WaitForDependenciesAsync(CancellationToken cancellationToken)
    {
        var dependencies = resource.Annotations.OfType<WaitAnnotation>().Select(wait => wait.Resource.Name).ToList();
        if (dependencies.Count == 0)
            return;

        Set(snapshot => snapshot with { State = KnownResourceStates.Waiting });
        await Task.WhenAll(dependencies.Select(async name =>
        {
            await context.Notifications.WaitForResourceHealthyAsync(name, cancellationToken);
            context.Output.Write(resource.Name, $"Finished waiting for resource '{name}'.", isError: false);
        }));
    }

    /// <summary>Starts the project unless it runs. Throws when it cannot be started; the resource's state says so, too.</summary>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            if (_process is not null)
                return;

            Set(snapshot => snapshot with { State = KnownResourceStates.Starting, ExitCode = null, Ready = null, HealthReports = HealthMonitor.Unasked(resource) });
            var spec = await SpecAsync(cancellationToken);
            context.Endpoints.Release(resource);
            _stopping = false;
            var process = ServiceProcess.Start(spec, (line, isError) => context.Output.Write(resource.Name, line, isError));
            _process = process;
            context.Health.Begin(resource);
            Set(snapshot => snapshot with { State = KnownResourceStates.Running });
            _watch = WatchAsync(process);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            Fail(exception);
            throw exception as DistributedApplicationException ?? new DistributedApplicationException(exception.Message, exception);
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Stops the project by command; it has <see cref="Grace"/> to end by itself.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Grace);
        await StopWithinAsync(patience.Token);
    }

    /// <summary>Stops the project; once patience is cancelled, by force.</summary>
    public async Task StopWithinAsync(CancellationToken patience)
    {
        await _turn.WaitAsync(CancellationToken.None);
        try
        {
            if (_process is not { } process)
                return;

            _stopping = true;
            Set(snapshot => snapshot with { State = KnownResourceStates.Stopping });
            await process.StopAsync(patience);
            await _watch;
        }
        finally
        {
            _turn.Release();
        }
    }

    /// <summary>Reports that the project could not be started.</summary>
    public void Fail(Exception exception)
    {
        context.Logger.LogError("{Resource} failed to start: {Reason}", resource.Name, exception.Message);
        Set(snapshot => snapshot with { State = KnownResourceStates.FailedToStart });
    }

    public void Dispose() => _turn.Dispose();

    private void Set(Func<CustomResourceSnapshot, CustomResourceSnapshot> change) => context.Notifications.Update(resource, change);

    private async Task WatchAsync(ServiceProcess process)
    {
        var exitCode = await process.Exited;
        await context.Health.EndAsync(resource);
        _process = null;
        process.Dispose();

        if (!_stopping)
        {
            var last = string.Join(Environment.NewLine, context.Output.LastLines(resource.Name).Select(line => "  " + line));
            context.Logger.LogError("{Resource} has ended by itself with exit code {ExitCode}. Its last lines:{NewLine}{Lines}", resource.Name, exitCode, Environment.NewLine, last);
        }

        Set(snapshot => snapshot with { State = _stopping ? KnownResourceStates.Exited : KnownResourceStates.Finished, ExitCode = exitCode, Ready = null });
    }

    private async Task<ProcessSpec> SpecAsync(CancellationToken cancellationToken)
    {
        var project = resource.Annotations.OfType<IProjectMetadata>().Last();
        var assembly = ProjectOutputs.Find(context.Options.Assembly, project.ProjectPath);
        if (!File.Exists(assembly))
            throw new DistributedApplicationException($"The project of '{resource.Name}' is not built: there is no {assembly}. Build it, or reference it from the AppHost's project.");

        // The host that runs the AppHost; its folder is three levels above the shared framework's.
        var dotnet = Path.GetFullPath(Path.Combine(RuntimeEnvironment.GetRuntimeDirectory(), "..", "..", "..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));
        return new ProcessSpec(dotnet, [assembly], Path.GetDirectoryName(project.ProjectPath) ?? ".", await EnvironmentAsync(cancellationToken));
    }

    private async Task<Dictionary<string, string>> EnvironmentAsync(CancellationToken cancellationToken)
    {
        var environment = new EnvironmentCallbackContext();
        context.Dashboard.AddTo(environment.EnvironmentVariables);
        foreach (var annotation in resource.Annotations.OfType<EnvironmentCallbackAnnotation>().ToList())
            annotation.Callback(environment);

        Dictionary<string, string> texts = [];
        foreach (var (name, value) in environment.EnvironmentVariables)
        {
            if (await TextAsync(value, cancellationToken) is { } text)
                texts[name] = text;
        }

        return texts;
    }

    private static async ValueTask<string?> TextAsync(object value, CancellationToken cancellationToken) => value switch
    {
        string text => text,
        IValueProvider provider => await provider.GetValueAsync(cancellationToken),
        _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    };
}
