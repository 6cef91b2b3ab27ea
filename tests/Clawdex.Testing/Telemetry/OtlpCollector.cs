using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Clawdex.Testing.Telemetry;

/// <summary>
/// Receives what services export by OTLP (http/protobuf) and keeps it: raw, to search for what must not be there, and read.
/// </summary>
public sealed class OtlpCollector : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ConcurrentQueue<byte[]> _bodies = new();
    private readonly ConcurrentQueue<OtlpSpan> _spans = new();
    private readonly ConcurrentQueue<OtlpMetric> _metrics = new();
    private readonly ConcurrentQueue<OtlpLog> _logs = new();

    private OtlpCollector(WebApplication app) => _app = app;

    /// <summary>The environment that makes a service export to here, often enough for a test.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = Address,
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
        ["OTEL_BLRP_SCHEDULE_DELAY"] = "100",
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "200",
    };

    public string Address { get; private set; } = "";

    public IReadOnlyList<OtlpSpan> Spans => [.. _spans];

    /// <summary>Each metric once per export.</summary>
    public IReadOnlyList<OtlpMetric> Metrics => [.. _metrics];

    public IReadOnlyList<OtlpLog> Logs => [.. _logs];

    /// <summary>Everything received, byte by byte.</summary>
    public IReadOnlyList<byte[]> Bodies => [.. _bodies];

    public static async Task<OtlpCollector> StartAsync(CancellationToken cancellationToken)
    {
        // Empty: a test's folder may hold a service's appsettings.json.
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        // Its own requests are nobody's telemetry, even where a service runs in the same process.
        builder.Services.AddSingleton(new ActivitySource("collector"));
        var app = builder.Build();
        var collector = new OtlpCollector(app);
        app.MapPost("/v1/traces", context => collector.ReceiveAsync(context, body => collector._spans.Add(OtlpReader.Spans(body))));
        app.MapPost("/v1/metrics", context => collector.ReceiveAsync(context, body => collector._metrics.Add(OtlpReader.Metrics(body))));
        app.MapPost("/v1/logs", context => collector.ReceiveAsync(context, body => collector._logs.Add(OtlpReader.Logs(body))));
        await app.StartAsync(cancellationToken);
        collector.Address = app.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.Single();
        return collector;
    }

    /// <summary>Whether the bytes of a text were received anywhere.</summary>
    public bool Holds(string text)
    {
        var bytes = System.Text.Encoding.UTF8.GetBytes(text);
        return _bodies.Any(body => body.AsSpan().IndexOf(bytes) >= 0);
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task ReceiveAsync(HttpContext context, Action<byte[]> keep)
    {
        using var body = new MemoryStream();
        await context.Request.Body.CopyToAsync(body, context.RequestAborted);
        var bytes = body.ToArray();
        _bodies.Enqueue(bytes);
        keep(bytes);
        context.Response.ContentType = "application/x-protobuf";
    }
}

file static class QueueExtensions
{
    public static void Add<T>(this ConcurrentQueue<T> queue, IEnumerable<T> items)
    {
        foreach (var item in items)
            queue.Enqueue(item);
    }
}
