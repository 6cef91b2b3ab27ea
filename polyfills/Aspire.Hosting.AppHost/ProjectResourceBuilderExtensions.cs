using Aspire.Hosting.ApplicationModel;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Hosting;

namespace Aspire.Hosting;

/// <summary>Adds .NET projects, with the endpoints that their own settings declare.</summary>
public static class ProjectResourceBuilderExtensions
{
    public static IResourceBuilder<ProjectResource> AddProject<TProject>(this IDistributedApplicationBuilder builder, string name)
        where TProject : IProjectMetadata, new() => builder.AddProject<TProject>(name, _ => { });

    public static IResourceBuilder<ProjectResource> AddProject<TProject>(
        this IDistributedApplicationBuilder builder, string name, Action<ProjectResourceOptions> configure)
        where TProject : IProjectMetadata, new() => builder.AddProject(name, new TProject(), configure);

    /// <exception cref="DistributedApplicationException">The project has a launch profile that is not excluded.</exception>
    internal static IResourceBuilder<ProjectResource> AddProject(
        this IDistributedApplicationBuilder builder, string name, IProjectMetadata metadata, Action<ProjectResourceOptions> configure)
    {
        var options = new ProjectResourceOptions();
        configure(options);
        var directory = Path.GetDirectoryName(metadata.ProjectPath) ?? ".";
        if (!options.ExcludeLaunchProfile && File.Exists(Path.Combine(directory, "Properties", "launchSettings.json")))
            throw new DistributedApplicationException($"The project of the resource '{name}' has launch profiles, and this build uses the stand-ins under polyfills/, which take none over. Add the project with ExcludeLaunchProfile, or build with a registry that has the official packages.");

        var project = builder.AddResource(new ProjectResource(name)).With(metadata);
        var kestrel = KestrelEndpoints(directory);
        foreach (var endpoint in kestrel)
            project.With(endpoint);

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
            declared.Count(other => other.Address.Scheme == endpoint.Address.Scheme) == 1 ? endpoint.Address.Scheme : endpoint.Name)
        {
            Port = endpoint.Address.Port,
            UriScheme = endpoint.Address.Scheme,
            Transport = endpoint.Protocols == "Http2" ? "http2" : "http",
            TargetHost = endpoint.Address.Host,
        })];
    }

    private static IResourceBuilder<ProjectResource> WithKestrelUrls(this IResourceBuilder<ProjectResource> project, List<EndpointAnnotation> declared) =>
        project.WithEnvironment(context =>
        {
            foreach (var endpoint in project.Resource.GetEndpoints())
            {
                // An endpoint that the settings do not declare is added to Kestrel's; it must then be reachable from anywhere the model says.
                var host = declared.Contains(endpoint.EndpointAnnotation) ? endpoint.EndpointAnnotation.TargetHost : "*";
                context.EnvironmentVariables[$"Kestrel__Endpoints__{endpoint.EndpointName}__Url"] = $"{endpoint.Scheme}://{host}:{endpoint.Port}";
            }
        });

    private static IResourceBuilder<ProjectResource> WithAspNetCoreUrls(this IResourceBuilder<ProjectResource> project) =>
        project.WithEnvironment(context =>
        {
            var urls = project.Resource.GetEndpoints().Select(endpoint => endpoint.Url).ToList();
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
        variables["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] = "true";
    });
}
