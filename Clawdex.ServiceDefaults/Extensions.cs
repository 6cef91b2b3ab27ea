using System.Net.Sockets;
using System.Runtime.InteropServices;
using Clawdex.ServiceDefaults.Calls;
using Clawdex.ServiceDefaults.Redaction;
using Clawdex.ServiceDefaults.Settings;
using Clawdex.ServiceDefaults.Tracing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Diagnostics.HealthChecks;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Clawdex.ServiceDefaults;

/// <summary>What every Clawdex service has in common: telemetry without secrets, health endpoints and service discovery.</summary>
public static partial class Extensions
{
    /// <summary>The whole service is ready: every health check passes. HTTP 200 or 503.</summary>
    public const string HealthPath = "/health";

    /// <summary>The process answers; a failing dependency does not change that. HTTP 200 or 503.</summary>
    public const string AlivePath = "/alive";

    private const string LiveTag = "live";

    /// <summary>Adds telemetry, redaction, health checks and service discovery. Call it first.</summary>
    /// <remarks>
    /// No resilience handler is added for all HTTP clients: the standard one gives an attempt 10 s and replays POSTs, which
    /// would kill a long poll and pay twice for a slow first token. Each client states its own policy.
    /// </remarks>
    public static void AddServiceDefaults(this IHostApplicationBuilder builder)
    {
        LocalCalls.BypassProxy();
        builder.Services.AddSingleton<Secrets>().Replace(ServiceDescriptor.Singleton<ILoggerFactory, RedactingLoggerFactory>());
        builder.AddTelemetry();
        builder.Services.AddHealthChecks().AddCheck("self", () => HealthCheckResult.Healthy(), [LiveTag]);
        builder.Services.AddServiceDiscovery();
        // Nobody logs HTTP requests, whose URLs and headers hold keys, and whose logging costs as much as a gRPC call's own work.
        builder.Services.ConfigureHttpClientDefaults(http => http.RemoveAllLoggers().AddServiceDiscovery());
        builder.Services.AddSingleton(TimeProvider.System);
        builder.AddSettings<CallSettings>(CallSettings.Section);
    }

    /// <summary>Maps <see cref="HealthPath"/> and <see cref="AlivePath"/>. Call it last.</summary>
    public static void MapDefaultEndpoints(this WebApplication app)
    {
        app.MapHealthChecks(HealthPath, new HealthCheckOptions { ResponseWriter = Health.WriteAsync });
        app.MapHealthChecks(AlivePath, new HealthCheckOptions
        {
            Predicate = check => check.Tags.Contains(LiveTag),
            ResponseWriter = Health.WriteAsync,
        });
    }

    /// <summary>Call it instead of <c>Build</c>. Null = the service must not start: one line on standard error says why, because there is no logger without a log level.</summary>
    public static WebApplication? TryBuild(this WebApplicationBuilder builder)
    {
        try
        {
            return builder.Build();
        }
        catch (InvalidOperationException error)
        {
            Console.Error.WriteLine($"crit: The service cannot start: {error.Message}");
            return null;
        }
    }

    /// <summary>Runs until the end. Call it instead of <c>RunAsync</c>, and return what it returns.</summary>
    /// <returns>
    /// The exit code. A host whose background service failed stops as if it had been asked to: by a code of 0, whoever restarts
    /// processes that failed would leave it lying.
    /// </returns>
    public static async Task<int> RunToEndAsync(this WebApplication app)
    {
        await using var _ = app;
        // A terminal that is closed asks for an end, too: by itself .NET would end at once, in the middle of an answer.
        using var hangUp = OperatingSystem.IsWindows() ? null : PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            app.Lifetime.StopApplication();
        });
        var background = app.Services.GetServices<IHostedService>().OfType<BackgroundService>().ToList();
        try
        {
            await app.StartAsync();
        }
        catch (Exception error) when (error is IOException or SocketException or FormatException or ArgumentException or InvalidOperationException)
        {
            // Addresses that are taken, forbidden or none.
            CannotStart(app.Logger, error.Message);
            // What has begun already ends in order, and says nothing of its own.
            await app.StopAsync();
            return 1;
        }

        await app.WaitForShutdownAsync();
        return background.Exists(service => service.ExecuteTask is { IsFaulted: true }) ? 1 : Environment.ExitCode;
    }

    [LoggerMessage(60, LogLevel.Critical, "The service cannot start: {Problem}")]
    private static partial void CannotStart(ILogger logger, string problem);

    /// <summary>
    /// Traces, metrics and logs. ASP.NET Core, HttpClient, gRPC, Kestrel and the runtime emit OpenTelemetry-shaped activities and
    /// metrics themselves, so no instrumentation package is needed. Nothing leaves the process without
    /// <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>; then metrics and logs are not collected either, which saves memory, but spans are:
    /// the trace id is what a user is shown with an error.
    /// </summary>
    private static void AddTelemetry(this IHostApplicationBuilder builder)
    {
        // .NET 10 can name and describe the spans of requests as OpenTelemetry asks, but does so only when told to.
        AppContext.SetSwitch("Microsoft.AspNetCore.Hosting.SuppressActivityOpenTelemetryData", false);
        var telemetry = builder.Services.AddOpenTelemetry()
            .WithTracing(tracing =>
            {
                tracing.AddSource("Microsoft.AspNetCore", "System.Net.Http", SpanHygiene.GrpcClientSource, "Clawdex.*").AddProcessor<SpanHygiene>();
                // A caller decides for the services behind it. Aspire's `always_on` would overrule a caller that wants no trace.
                if (builder.Configuration["OTEL_TRACES_SAMPLER"] is null or "" or "always_on")
                    tracing.SetSampler(new ParentBasedSampler(new AlwaysOnSampler()));
            });

        if (string.IsNullOrWhiteSpace(builder.Configuration["OTEL_EXPORTER_OTLP_ENDPOINT"]))
            return;

        telemetry.WithMetrics(metrics => metrics
            .AddMeter("Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Net.Http", "System.Runtime")
            .AddMeter("Clawdex.*")
            // Several measurements per request that answer no question anybody has here.
            .AddView(instrument => instrument.Name is "http.client.active_requests" or "http.client.request.time_in_queue"
                or "http.client.open_connections" or "http.client.connection.duration" or "http.server.active_requests"
                or "kestrel.queued_requests" or "kestrel.queued_connections"
                ? MetricStreamConfiguration.Drop
                : null));
        builder.Logging.AddOpenTelemetry(logging =>
        {
            logging.IncludeFormattedMessage = true;
            logging.IncludeScopes = true;
        });
        // Milliseconds. At a stop the dashboard may be gone first; the default of 10 s would then hold up each service.
        builder.Configuration["OTEL_EXPORTER_OTLP_TIMEOUT"] ??= "1000";
        telemetry.UseOtlpExporter();
    }
}
