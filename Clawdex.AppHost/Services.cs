using System.Security.Cryptography;
using Clawdex.AppHost.Configuration;
using Clawdex.AppHost.Running;

namespace Clawdex.AppHost;

/// <summary>What the three services have in common in the application model.</summary>
internal static class Services
{
    private const string CallSecret = "calls-secret";

    /// <summary>Whether people's messages are recorded in traces.</summary>
    public const string CaptureMessageContent = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";

    /// <summary>
    /// Takes the endpoints that the service's appsettings.json declares, on any free port instead of the fixed one for running
    /// it alone, and makes its health the condition for whoever waits for it. Several processes of a service are behind one address,
    /// which is Aspire's proxy; one has none in between (decision 8).
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithServiceEndpoints(this IResourceBuilder<ProjectResource> service, int replicas)
    {
        service.WithReadiness()
            .WithUrlForEndpoint("http", url => (url.Url, url.DisplayText) = ("/health", "Health"))
            .WithUrlForEndpoint("grpc", url => url.DisplayLocation = UrlDisplayLocation.DetailsOnly);
        // Only run mode maps the declared port to the machine's; a container keeps its own.
        if (service.ApplicationBuilder.ExecutionContext.IsPublishMode)
            return service;

        foreach (var endpoint in service.Resource.Annotations.OfType<EndpointAnnotation>())
            (endpoint.IsProxied, endpoint.Port) = (replicas > 1, null);
        // A line a record, so that ServiceLogs can tell a warning from the rest; the dashboard reads better by it, too.
        return service.RunAsBuilt().WithReplicas(replicas).WithEnvironment("Logging__Console__FormatterOptions__SingleLine", "true");
    }

    /// <summary>
    /// Hands the configured values below <paramref name="sections"/> to the service; secrets go by parameters only. A process
    /// inherits the AppHost's environment, so secrets that were given there for other services are blanked.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithSettings(
        this IResourceBuilder<ProjectResource> service, ClawdexSettings settings, params string[] sections)
    {
        foreach (var variable in ConfigurationSources.SecretVariablesOutside(sections))
            service.WithEnvironment(variable, "");
        foreach (var (key, value) in sections.SelectMany(settings.NonSecretsBelow))
            service.WithEnvironment(key.Replace(":", "__", StringComparison.Ordinal), value);
        // While developing, Aspire tells every project to record prompts and answers. People's messages are recorded only
        // when whoever runs Clawdex says so.
        return service.WithEnvironment(CaptureMessageContent, service.ApplicationBuilder.Configuration[CaptureMessageContent] ?? "false");
    }

    /// <summary>
    /// What the services of this deployment know each other by: the configured secret, or a new one at each start. A deployment
    /// generates one and keeps it.
    /// </summary>
    public static IResourceBuilder<ParameterResource> AddCallSecret(this IDistributedApplicationBuilder builder, ClawdexSettings settings) =>
        (settings["calls:secret"] is { } secret
            ? builder.AddParameter(CallSecret, () => secret, secret: true)
            : builder.AddParameter(CallSecret, new GenerateParameterDefault { MinLength = 44, Special = false }, secret: true))
        .WithDescription("What the three services know each other by.");

    public static IResourceBuilder<ProjectResource> WithCallSecret(this IResourceBuilder<ProjectResource> service, IResourceBuilder<ParameterResource> secret) =>
        service.WithEnvironment("calls__secret", secret);

    /// <summary>What only an emulator of this start and its users know: a web page that guesses the address does not.</summary>
    public static string DrawToken() => RandomNumberGenerator.GetHexString(32, lowercase: true);

    /// <summary>Says in the dashboard, beside the resource's state, what it is there for.</summary>
    public static IResourceBuilder<T> WithDescription<T>(this IResourceBuilder<T> resource, string text) where T : IResource =>
        resource.OnInitializeResource((initialized, start, _) => start.Notifications.PublishUpdateAsync(initialized, snapshot => snapshot with
        {
            Properties = snapshot.Properties.Add(new ResourcePropertySnapshot("Description", text) { IsHighlighted = true }),
        }));
}
