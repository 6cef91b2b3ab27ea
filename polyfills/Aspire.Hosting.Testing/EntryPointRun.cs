using System.Reflection;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Eventing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting.Testing;

/// <summary>
/// One run of an AppHost's entry point on a thread of its own. The thread stops at Build until the test wants the application
/// built, and then at Run until the test has disposed of it.
/// </summary>
internal sealed class EntryPointRun(
    Assembly appHost, string[] args, Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configureBuilder) : EntryPointObserver
{
    private readonly TaskCompletionSource<DistributedApplicationBuilder> _filled = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<DistributedApplication> _built = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<bool> _mayBuild = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public static async Task<IDistributedApplicationTestingBuilder> CreateBuilderAsync(
        Assembly appHost, string[] args, Action<DistributedApplicationOptions, HostApplicationBuilderSettings> configureBuilder, CancellationToken cancellationToken)
    {
        var run = new EntryPointRun(appHost, args, configureBuilder);
        new Thread(run.Run) { IsBackground = true, Name = $"{appHost.GetName().Name} entry point" }.Start();
        return new TestingBuilder(run, await run._filled.Task.WaitAsync(cancellationToken));
    }

    public override void OnConstructing(DistributedApplicationOptions options, HostApplicationBuilderSettings settings)
    {
        string[] all = [.. options.Args ?? [], .. args];
        options.Args = settings.Args = all;
        options.AssemblyName = settings.ApplicationName = appHost.GetName().Name;
        options.DisableDashboard = true;
        options.EnableResourceLogging = true;
        settings.Configuration ??= new ConfigurationManager();
        SetDefaults(settings, new() { ["DcpPublisher:RandomizePorts"] = "true" });

        var directory = ProjectOutputs.AppHostDirectory(appHost);
        if (Directory.Exists(directory))
            settings.ContentRootPath = directory;
        configureBuilder(options, settings);
        if (Directory.Exists(directory))
            SetDefaults(settings, LaunchProfileVariables(settings, directory));
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

    /// <summary>The environment that <c>dotnet run</c> would give the AppHost by its first launch profile, or the one that is configured.</summary>
    private static Dictionary<string, string?> LaunchProfileVariables(HostApplicationBuilderSettings settings, string directory)
    {
        Dictionary<string, string?> variables = [];
        if (LaunchSettings.Read(directory) is not { Profiles.Count: > 0 } launch)
            return variables;

        var name = Known(settings)["DOTNET_LAUNCH_PROFILE"] ?? launch.Profiles.First().Key;
        if (!launch.Profiles.TryGetValue(name, out var profile))
            throw new InvalidOperationException($"The configured launch profile, '{name}', was not found in the launch settings file.");

        variables["DOTNET_LAUNCH_PROFILE"] = name;
        foreach (var (key, value) in profile.EnvironmentVariables)
        {
            variables[key] = value;
            foreach (var prefix in new[] { "DOTNET_", "ASPNETCORE_" })
            {
                if (key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
                    variables[key[prefix.Length..]] = value;
            }
        }

        return variables;
    }

    private static void SetDefaults(HostApplicationBuilderSettings settings, Dictionary<string, string?> defaults)
    {
        var known = Known(settings);
        settings.Configuration?.AddInMemoryCollection(defaults.Where(entry => known[entry.Key] is null).ToList());
    }

    private static IConfiguration Known(HostApplicationBuilderSettings settings)
    {
        var known = new ConfigurationManager();
        known.AddCommandLine(settings.Args ?? []);
        if (settings.Configuration is { } configuration)
            known.AddConfiguration(configuration);
        return known;
    }

    private sealed class TestingBuilder(EntryPointRun run, DistributedApplicationBuilder builder) : IDistributedApplicationTestingBuilder
    {
        public ConfigurationManager Configuration => builder.Configuration;

        public string AppHostDirectory => builder.AppHostDirectory;

        public Assembly? AppHostAssembly => builder.AppHostAssembly;

        public IHostEnvironment Environment => builder.Environment;

        public IServiceCollection Services => builder.Services;

        public IDistributedApplicationEventing Eventing => builder.Eventing;

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
