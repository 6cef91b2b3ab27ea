using System.Net.Sockets;
using Aspire.Hosting.ApplicationModel;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>Adds .NET projects, with the endpoints that their own settings declare.</summary>
public static class ProjectResourceBuilderExtensions
{
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(this IDistributedApplicationBuilder builder, [ResourceName] string name)
        where TProject : IProjectMetadata, new() => builder.AddProject<TProject>(name, _ => { });

    /// <summary>A null profile name means no launch profile.</summary>
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(this IDistributedApplicationBuilder builder, [ResourceName] string name, string? launchProfileName)
        where TProject : IProjectMetadata, new() => builder.AddProject<TProject>(name, options => SetProfile(options, launchProfileName));

    public static IResourceBuilder<ProjectResource> AddProject<TProject>(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, Action<ProjectResourceOptions> configure)
        where TProject : IProjectMetadata, new() => builder.AddProject(name, new TProject(), configure);

    public static IResourceBuilder<ProjectResource> AddProject(this IDistributedApplicationBuilder builder, [ResourceName] string name, string projectPath) =>
        builder.AddProject(name, projectPath, _ => { });

    /// <inheritdoc cref="AddProject{TProject}(IDistributedApplicationBuilder, string, string?)"/>
    public static IResourceBuilder<ProjectResource> AddProject(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, string projectPath, string? launchProfileName) =>
        builder.AddProject(name, projectPath, options => SetProfile(options, launchProfileName));

    public static IResourceBuilder<ProjectResource> AddProject(
        this IDistributedApplicationBuilder builder, [ResourceName] string name, string projectPath, Action<ProjectResourceOptions> configure) =>
        builder.AddProject(name, new ProjectMetadata(Path.GetFullPath(projectPath, builder.AppHostDirectory)), configure);

    private static void SetProfile(ProjectResourceOptions options, string? launchProfileName)
    {
        options.ExcludeLaunchProfile = launchProfileName is null;
        options.LaunchProfileName = launchProfileName;
    }

    private static IResourceBuilder<ProjectResource> AddProject(
        this IDistributedApplicationBuilder builder, string name, IProjectMetadata metadata, Action<ProjectResourceOptions> configure)
    {
        var options = new ProjectResourceOptions();
        configure(options);
        var project = builder.AddResource(new ProjectResource(name)).WithAnnotation(metadata);

        var directory = Path.GetDirectoryName(metadata.ProjectPath) ?? builder.AppHostDirectory;
        var kestrel = options.ExcludeKestrelEndpoints ? [] : KestrelEndpoints(directory);
        foreach (var endpoint in kestrel)
            project.WithAnnotation(endpoint);

        var profile = options.ExcludeLaunchProfile ? null : EffectiveProfile(builder, metadata, directory, options.LaunchProfileName);
        if (profile is not null)
            project.WithLaunchProfile(profile.Value.Name, profile.Value.Profile, takeUrls: kestrel.Count == 0);

        project.WithTelemetryEnvironment();
        return kestrel.Count > 0 ? project.WithKestrelUrls(kestrel) : project.WithAspNetCoreUrls();
    }

    /// <summary>
    /// The endpoints under <c>Kestrel:Endpoints</c> in the project's appsettings.json. One that is alone with its scheme is
    /// named after the scheme; several of one scheme keep their own names.
    /// </summary>
    private static List<EndpointAnnotation> KestrelEndpoints(string projectDirectory)
    {
        var settings = new ConfigurationBuilder()
            .AddJsonFile(Path.Combine(projectDirectory, "appsettings.json"), optional: true)
            .AddJsonFile(Path.Combine(projectDirectory, $"appsettings.{Environment.GetEnvironmentVariable("DOTNET_ENVIRONMENT")}.json"), optional: true)
            .Build();
        var defaultProtocols = settings["Kestrel:EndpointDefaults:Protocols"];
        var declared = settings.GetSection("Kestrel:Endpoints").GetChildren()
            .Where(section => section["Url"] is not null)
            .Select(section => (Name: section.Key, Address: BindingAddress.Parse(section["Url"] ?? ""), Protocols: section["Protocols"] ?? defaultProtocols))
            .ToList();

        return [.. declared.Select(endpoint => new EndpointAnnotation(
            ProtocolType.Tcp,
            endpoint.Address.Scheme,
            endpoint.Protocols == "Http2" ? "http2" : null,
            declared.Count(other => other.Address.Scheme == endpoint.Address.Scheme) == 1 ? endpoint.Address.Scheme : endpoint.Name,
            endpoint.Address.Port)
        {
            TargetHost = endpoint.Address.Host,
        })];
    }

    private static (string Name, LaunchProfile Profile)? EffectiveProfile(
        IDistributedApplicationBuilder builder, IProjectMetadata metadata, string directory, string? wanted)
    {
        var profiles = (metadata.LaunchSettings ?? LaunchSettings.Read(directory))?.Profiles ?? [];
        if (wanted is not null)
        {
            return profiles.TryGetValue(wanted, out var named)
                ? (wanted, named)
                : throw new DistributedApplicationException($"Launch settings file of '{metadata.ProjectPath}' does not contain '{wanted}' profile.");
        }

        var usual = builder.Configuration["AppHost:DefaultLaunchProfileName"] ?? builder.Configuration["DOTNET_LAUNCH_PROFILE"];
        if (usual is not null && profiles.TryGetValue(usual, out var same))
            return (usual, same);

        return profiles.Where(entry => entry.Value.CommandName == "Project").Select(entry => ((string, LaunchProfile)?)(entry.Key, entry.Value)).FirstOrDefault();
    }

    private static void WithLaunchProfile(this IResourceBuilder<ProjectResource> project, string name, LaunchProfile profile, bool takeUrls)
    {
        var seen = new Dictionary<string, int>();
        foreach (var url in takeUrls ? profile.ApplicationUrl?.Split(';', StringSplitOptions.RemoveEmptyEntries) ?? [] : [])
        {
            var address = BindingAddress.Parse(url);
            var number = seen[address.Scheme] = seen.GetValueOrDefault(address.Scheme) + 1;
            project.WithEndpoint(number == 1 ? address.Scheme : $"{address.Scheme}{number}", endpoint =>
            {
                endpoint.UriScheme = address.Scheme;
                endpoint.Port = address.Port;
                endpoint.TargetHost = address.Host;
            });
        }

        project.WithEnvironment(context =>
        {
            context.EnvironmentVariables.TryAdd("DOTNET_LAUNCH_PROFILE", name);
            foreach (var (key, value) in profile.EnvironmentVariables)
                context.EnvironmentVariables.TryAdd(key, Environment.ExpandEnvironmentVariables(value));
        });
    }

    private static IResourceBuilder<ProjectResource> WithKestrelUrls(this IResourceBuilder<ProjectResource> project, List<EndpointAnnotation> declared) =>
        project.WithEnvironment(context =>
        {
            foreach (var endpoint in project.Resource.GetEndpoints())
            {
                // An endpoint that the settings do not declare is added to Kestrel's; it must then be reachable from anywhere the model says.
                var host = declared.Contains(endpoint.EndpointAnnotation) ? endpoint.EndpointAnnotation.TargetHost : "*";
                context.EnvironmentVariables[$"Kestrel__Endpoints__{endpoint.EndpointName}__Url"] =
                    ReferenceExpression.Create($"{endpoint.Scheme}://{host}:{endpoint.Property(EndpointProperty.TargetPort)}");
            }
        });

    private static IResourceBuilder<ProjectResource> WithAspNetCoreUrls(this IResourceBuilder<ProjectResource> project) =>
        project.WithEnvironment(async context =>
        {
            List<string> urls = [];
            foreach (var endpoint in project.Resource.GetEndpoints())
                urls.Add($"{endpoint.Scheme}://{endpoint.EndpointAnnotation.TargetHost}:{await endpoint.Property(EndpointProperty.TargetPort).GetValueAsync(context.CancellationToken)}");
            if (urls.Count > 0)
                context.EnvironmentVariables.TryAdd("ASPNETCORE_URLS", string.Join(';', urls));
        });

    /// <summary>The names that OpenTelemetry's SDK gives a service's telemetry, and short intervals so that it shows at once.</summary>
    private static void WithTelemetryEnvironment(this IResourceBuilder<ProjectResource> project) => project.WithEnvironment(context =>
    {
        var variables = context.EnvironmentVariables;
        variables["OTEL_SERVICE_NAME"] = project.Resource.Name;
        variables["OTEL_RESOURCE_ATTRIBUTES"] = $"service.instance.id={Guid.NewGuid():n}";
        variables["OTEL_DOTNET_EXPERIMENTAL_OTLP_RETRY"] = "in_memory";
        if (!project.ApplicationBuilder.Environment.IsDevelopment())
            return;

        variables["OTEL_BLRP_SCHEDULE_DELAY"] = "1000";
        variables["OTEL_BSP_SCHEDULE_DELAY"] = "1000";
        variables["OTEL_METRIC_EXPORT_INTERVAL"] = "1000";
        variables["OTEL_TRACES_SAMPLER"] = "always_on";
        variables["OTEL_METRICS_EXEMPLAR_FILTER"] = "trace_based";
    });
}
