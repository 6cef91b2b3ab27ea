using Clawdex.AppHost.Configuration;

namespace Clawdex.AppHost;

/// <summary>What the three services have in common in the application model.</summary>
internal static class ServiceExtensions
{
    private const string CaptureMessageContent = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";

    private static readonly UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>
    /// Takes the endpoints that the service's appsettings.json declares, on any free port instead of the fixed one for running
    /// it alone, without Aspire's proxy in between (decision 8), and makes its health the condition for whoever waits for it.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithServiceEndpoints(this IResourceBuilder<ProjectResource> service)
    {
        // Only run mode maps the declared port to the machine's; a container keeps its own.
        if (service.ApplicationBuilder.ExecutionContext.IsRunMode)
        {
            foreach (var endpoint in service.Resource.Annotations.OfType<EndpointAnnotation>())
                (endpoint.IsProxied, endpoint.Port) = (false, null);
        }

        return service.WithHttpHealthCheck("/health", endpointName: "http");
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

    /// <summary>The SQLite file of the session service, in a folder that only its owner can enter.</summary>
    public static IResourceBuilder<SqliteResource> AddSessionDatabase(
        this IDistributedApplicationBuilder builder, string name, ClawdexSettings settings)
    {
        if (builder.ExecutionContext.IsRunMode && !Directory.Exists(settings.DataDirectory))
        {
            if (OperatingSystem.IsWindows())
                Directory.CreateDirectory(settings.DataDirectory);
            else
                Directory.CreateDirectory(settings.DataDirectory, OwnerOnly);
        }

        // The toolkit makes a missing file readable and writable for everybody; it leaves one alone that exists.
        var file = Path.Combine(settings.DataDirectory, "clawdex.db");
        if (builder.ExecutionContext.IsRunMode && !OperatingSystem.IsWindows() && !File.Exists(file))
        {
            var create = new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            };
            using var empty = new FileStream(file, create);
        }

        // A deployment keeps the file where its volume is mounted, not where this machine keeps it.
        var folder = builder.ExecutionContext.IsRunMode ? settings.DataDirectory : settings["sessions:dataDirectory"] ?? "/data";
        return builder.AddSqlite(name, folder, "clawdex.db");
    }
}
