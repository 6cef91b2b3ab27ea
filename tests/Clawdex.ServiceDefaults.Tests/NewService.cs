using Clawdex.Testing.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using OpenTelemetry.Logs;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Clawdex.ServiceDefaults.Tests;

/// <summary>
/// A service as somebody might add it one day: it calls <c>AddServiceDefaults</c>, thinks no further of secrets, and exports to
/// a collector. What it serves is up to the test.
/// </summary>
internal sealed class NewService : IAsyncDisposable
{
    public const string BotToken = "7281936455:AAHk9sVq2LmXw-Zr8TnYb4CuEoPd1GfJi0K";
    public const string ApiKey = "local-model-key-0815";

    private readonly WebApplication _app;
    private readonly OtlpCollector _collector;

    private NewService(WebApplication app, OtlpCollector collector, FakeLogCollector logs)
    {
        (_app, _collector, Logs) = (app, collector, logs);
        Address = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single();
        Http = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null }) { BaseAddress = new Uri(Address) };
    }

    public string Address { get; }

    public FakeLogCollector Logs { get; }

    /// <summary>A client from outside: it knows nothing of traces.</summary>
    public HttpClient Http { get; }

    public IServiceProvider Services => _app.Services;

    public static async Task<NewService> StartAsync(
        Action<IServiceCollection> configure, Action<WebApplication> map, CancellationToken cancellationToken, params (string Key, string Value)[] settings)
    {
        var collector = await OtlpCollector.StartAsync(cancellationToken);
        var logs = new FakeLogCollector();
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { ContentRootPath = Directory.GetCurrentDirectory() });
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(collector.Environment!);
        builder.Configuration.AddInMemoryCollection(new Dictionary<string, string?> { ["channels:telegram:botToken"] = BotToken, ["gemini:apiKey"] = ApiKey });
        builder.Configuration.AddInMemoryCollection(settings.ToDictionary(pair => pair.Key, string? (pair) => pair.Value));
        builder.Logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddProvider(new FakeLoggerProvider(logs));
        builder.AddServiceDefaults();
        configure(builder.Services);
        var app = builder.Build();
        map(app);
        app.MapDefaultEndpoints();
        await app.StartAsync(cancellationToken);
        return new NewService(app, collector, logs);
    }

    /// <summary>Everything that the service exports. It exports nothing after that.</summary>
    public async Task<OtlpCollector> ExportedAsync()
    {
        // The span of a request ends after its answer has arrived; the server's end waits for it.
        await _app.StopAsync();
        // A flush returns while an export that its schedule began is still on its way; a shutdown waits for it.
        Services.GetRequiredService<TracerProvider>().Shutdown();
        Services.GetRequiredService<MeterProvider>().Shutdown();
        Services.GetRequiredService<LoggerProvider>().Shutdown();
        return _collector;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        await _app.DisposeAsync();
        await _collector.DisposeAsync();
    }
}
