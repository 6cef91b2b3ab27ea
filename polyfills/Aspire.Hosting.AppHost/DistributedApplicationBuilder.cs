using System.Text.RegularExpressions;
using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Running;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Aspire.Hosting;

/// <summary>The builder that an AppHost works with: a host application builder plus the model of resources.</summary>
public partial class DistributedApplicationBuilder : IDistributedApplicationBuilder
{
    private static readonly Dictionary<string, string> SwitchMappings = new()
    {
        ["--operation"] = "AppHost:Operation",
        ["--publisher"] = "Publishing:Publisher",
    };

    private readonly DistributedApplicationOptions _options;
    private readonly HostApplicationBuilder _inner;
    private readonly EntryPointObserver? _observer = EntryPointObserver.Current;

    public DistributedApplicationBuilder(DistributedApplicationOptions options)
    {
        _options = options;
        var settings = new HostApplicationBuilderSettings { Args = options.Args, Configuration = new ConfigurationManager() };
        settings.Configuration.AddEnvironmentVariables("ASPIRE_");
        _observer?.OnConstructing(options, settings);

        _inner = new HostApplicationBuilder(settings);
        _inner.Configuration.AddCommandLine(options.Args ?? [], SwitchMappings);
        ExecutionContext = new DistributedApplicationExecutionContext(
            IsPublishing ? DistributedApplicationOperation.Publish : DistributedApplicationOperation.Run);
        AddServices();
    }

    public ConfigurationManager Configuration => _inner.Configuration;

    public IHostEnvironment Environment => _inner.Environment;

    public IServiceCollection Services => _inner.Services;

    public DistributedApplicationExecutionContext ExecutionContext { get; }

    public IResourceCollection Resources { get; } = new ResourceCollection();

    private bool IsPublishing => Configuration["AppHost:Operation"] is { } operation
        ? !operation.Equals("run", StringComparison.OrdinalIgnoreCase)
        : Configuration["Publishing:Publisher"] is not null;

    public IResourceBuilder<T> AddResource<T>(T resource) where T : IResource
    {
        if (!ResourceName().IsMatch(resource.Name))
        {
            throw new ArgumentException(
                $"Resource name '{resource.Name}' is invalid. It must start with a letter, hold only ASCII letters, digits and single hyphens, and be at most 64 characters long.",
                nameof(resource));
        }

        if (Resources.Any(other => other.Name.Equals(resource.Name, StringComparison.OrdinalIgnoreCase)))
            throw new DistributedApplicationException($"Cannot add resource '{resource.Name}' because a resource with that name already exists. Resource names are case-insensitive.");

        Resources.Add(resource);
        return CreateResourceBuilder(resource);
    }

    public IResourceBuilder<T> CreateResourceBuilder<T>(T resource) where T : IResource =>
        new DistributedApplicationResourceBuilder<T>(this, resource);

    public DistributedApplication Build()
    {
        _observer?.OnBuilding(this);
        var host = _inner.Build();
        var application = new DistributedApplication(host, _observer);
        _observer?.OnBuilt(application);
        return application;
    }

    private void AddServices()
    {
        Services.TryAddSingleton(TimeProvider.System);
        Services.AddSingleton(_options);
        Services.AddSingleton(ExecutionContext);
        Services.AddSingleton(new DistributedApplicationModel(Resources));
        Services.AddSingleton(services => new ResourceNotificationService(
            services.GetRequiredService<DistributedApplicationModel>(),
            services.GetRequiredService<IHostApplicationLifetime>()));
        Services.AddSingleton(services => new ResourceCommandService(
            services.GetRequiredService<ApplicationRunner>(), services.GetRequiredService<DistributedApplicationModel>()));
        Services.AddSingleton<ResourceOutput>();
        Services.AddSingleton<EndpointAllocator>();
        Services.AddSingleton<Dashboard>();
        Services.AddSingleton<HealthMonitor>();
        Services.AddSingleton<RunContext>();
        Services.AddSingleton<ApplicationRunner>();
        Services.AddHostedService(services => services.GetRequiredService<ApplicationRunner>());
        Services.AddHealthChecks();

        // A child's own grace is 6 s; the host must not give up before it.
        Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(10));
        _inner.Logging
            .AddFilter("Microsoft.Hosting.Lifetime", LogLevel.Warning)
            .AddFilter("System.Net.Http.HttpClient", LogLevel.Warning)
            .AddFilter("Microsoft.Extensions.Diagnostics.HealthChecks", LogLevel.None)
            .AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None) // repeats the exception that Start throws
            .AddConfiguration(Configuration.GetSection("Logging"));
    }

    [GeneratedRegex("^[A-Za-z](?!.*--)[A-Za-z0-9-]{0,63}(?<!-)$")]
    private static partial Regex ResourceName();
}

/// <summary>One resource of the builder's.</summary>
internal sealed class DistributedApplicationResourceBuilder<T>(IDistributedApplicationBuilder builder, T resource) : IResourceBuilder<T>
    where T : IResource
{
    public IDistributedApplicationBuilder ApplicationBuilder { get; } = builder;

    public T Resource { get; } = resource;
}
