using System.Reflection;
using System.Text.Json;
using Aspire.Hosting.ApplicationModel;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

/// <summary>
/// One run of an AppHost's entry point on a thread of its own. The thread stops at Build until the test wants the application
/// built, and then at Run until the test has disposed of it.
/// </summary>
internal sealed class EntryPointRun(Assembly appHost, string[] args) : EntryPointObserver
{
    private readonly TaskCompletionSource<DistributedApplicationBuilder> _filled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<DistributedApplication> _built = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<bool> _mayBuild = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static async Task<IDistributedApplicationTestingBuilder> CreateBuilderAsync(
        Assembly appHost, string[] args, CancellationToken cancellationToken)
    {
        var run = new EntryPointRun(appHost, args);
        new Thread(run.Run) { IsBackground = true, Name = $"{appHost.GetName().Name} entry point" }.Start();
        return new TestingBuilder(run, await run._filled.Task.WaitAsync(cancellationToken));
    }

    public override void OnConstructing(DistributedApplicationOptions options, HostApplicationBuilderSettings settings)
    {
        string[] all = [.. options.Args ?? [], .. args];
        options.Args = settings.Args = all;
        options.AssemblyName = settings.ApplicationName = appHost.GetName().Name;
        options.DisableDashboard = true;
        options.RunsInTest = true;
        settings.Configuration ??= new ConfigurationManager();
        settings.Configuration.AddInMemoryCollection([new("DcpPublisher:RandomizePorts", "true")]);

        var directory = ProjectOutputs.AppHostDirectory(appHost);
        if (!Directory.Exists(directory))
            return;

        settings.ContentRootPath = directory;
        settings.Configuration.AddInMemoryCollection(LaunchProfileVariables(Path.Combine(directory, "Properties", "launchSettings.json")));
    }

    public override void OnBuilding(DistributedApplicationBuilder builder)
    {
        _filled.TrySetResult(builder);
        if (!_mayBuild.Task.GetAwaiter().GetResult())
            throw new OperationCanceledException("The test has disposed of the builder.");
    }

    public override void OnBuilt(DistributedApplication application) => _built.TrySetResult(application);

    private void Run()
    {
        Current = this;
        try
        {
            var entryPoint = appHost.EntryPoint ?? throw new InvalidOperationException($"The assembly {appHost.GetName().Name} has no entry point.");
            var result = entryPoint.GetParameters().Length == 0 ? entryPoint.Invoke(null, null) : entryPoint.Invoke(null, [args]);
            (result as Task)?.GetAwaiter().GetResult();
            Fail(new InvalidOperationException("The entry point exited without building a DistributedApplication."));
        }
        catch (TargetInvocationException exception)
        {
            Fail(exception.InnerException ?? exception);
        }
        catch (Exception exception)
        {
            Fail(exception);
        }
    }

    /// <summary>Whoever waits for the entry point learns why it ended; nobody does after the application was built.</summary>
    private void Fail(Exception exception)
    {
        _filled.TrySetException(exception);
        _built.TrySetException(exception);
        _ = _built.Task.Exception;
        _ = _filled.Task.Exception;
    }

    /// <summary>The environment that <c>dotnet run</c> would give the AppHost by its first launch profile.</summary>
    private static Dictionary<string, string?> LaunchProfileVariables(string file)
    {
        Dictionary<string, string?> variables = [];
        if (!File.Exists(file))
            return variables;

        using var settings = JsonDocument.Parse(File.ReadAllText(file), new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        var profile = settings.RootElement.GetProperty("profiles").EnumerateObject().First();
        variables["DOTNET_LAUNCH_PROFILE"] = profile.Name;
        if (!profile.Value.TryGetProperty("environmentVariables", out var environment))
            return variables;

        foreach (var variable in environment.EnumerateObject())
        {
            variables[variable.Name] = variable.Value.GetString();
            foreach (var prefix in new[] { "DOTNET_", "ASPNETCORE_" })
            {
                if (variable.Name.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
                    variables[variable.Name[prefix.Length..]] = variable.Value.GetString();
            }
        }

        return variables;
    }

    private sealed class TestingBuilder(EntryPointRun run, DistributedApplicationBuilder builder) : IDistributedApplicationTestingBuilder
    {
        public ConfigurationManager Configuration => builder.Configuration;

        public IHostEnvironment Environment => builder.Environment;

        public IServiceCollection Services => builder.Services;

        public DistributedApplicationExecutionContext ExecutionContext => builder.ExecutionContext;

        public IResourceCollection Resources => builder.Resources;

        public IResourceBuilder<T> AddResource<T>(T resource) where T : IResource => builder.AddResource(resource);

        public IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource => builder.CreateResourceBuilder(resource);

        public DistributedApplication Build() => BuildAsync().GetAwaiter().GetResult();

        public Task<DistributedApplication> BuildAsync(CancellationToken cancellationToken = default)
        {
            run._mayBuild.TrySetResult(true);
            return run._built.Task.WaitAsync(cancellationToken);
        }

        public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

        public async ValueTask DisposeAsync()
        {
            run._mayBuild.TrySetResult(false);
            if (run._built.Task.IsCompletedSuccessfully)
                await (await run._built.Task).DisposeAsync();
        }
    }
}
