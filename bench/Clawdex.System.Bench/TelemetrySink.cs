using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Clawdex.WholeSystem.Bench;

/// <summary>An OTLP collector (http/protobuf) that counts bytes and drops them.</summary>
internal sealed class TelemetrySink : IAsyncDisposable
{
    private readonly WebApplication _app;
    private long _bytes;

    private TelemetrySink(WebApplication app) => _app = app;

    public long Bytes => Volatile.Read(ref _bytes);

    /// <summary>What makes a service export to here, with OpenTelemetry's own intervals instead of Aspire's for developing.</summary>
    public Dictionary<string, string> Environment => new()
    {
        ["OTEL_EXPORTER_OTLP_ENDPOINT"] = _app.Urls.Single(),
        ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        ["OTEL_BSP_SCHEDULE_DELAY"] = "5000",
        ["OTEL_BLRP_SCHEDULE_DELAY"] = "5000",
        ["OTEL_METRIC_EXPORT_INTERVAL"] = "60000",
        ["OTEL_METRICS_EXEMPLAR_FILTER"] = "always_off",
    };

    public static async Task<TelemetrySink> StartAsync(CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateEmptyBuilder(new());
        builder.WebHost.UseKestrelCore().UseUrls("http://127.0.0.1:0");
        builder.Services.AddRoutingCore();
        var app = builder.Build();
        var sink = new TelemetrySink(app);
        app.MapPost("/v1/{signal}", sink.DropAsync);
        await app.StartAsync(cancellationToken);
        return sink;
    }

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private async Task DropAsync(HttpContext context)
    {
        var body = context.Request.BodyReader;
        while (await body.ReadAsync(context.RequestAborted) is { } read)
        {
            Interlocked.Add(ref _bytes, read.Buffer.Length);
            body.AdvanceTo(read.Buffer.End);
            if (read.IsCompleted)
                return;
        }
    }
}
