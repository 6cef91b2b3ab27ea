using System.Runtime.InteropServices;

// The service that the stand-ins' tests run. It tells what it was given, and does what its environment or a request says.
if (Environment.GetEnvironmentVariable("SERVICE_EXITS_WITH") is { } code)
{
    Console.WriteLine("I cannot go on");
    Console.Error.WriteLine("because I was told so");
    return int.Parse(code, System.Globalization.CultureInfo.InvariantCulture);
}

var ignoresTermination = Environment.GetEnvironmentVariable("SERVICE_IGNORES_TERMINATION") is not null;
using var ignored = ignoresTermination ? PosixSignalRegistration.Create(PosixSignal.SIGTERM, signal => signal.Cancel = true) : null;

var builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.ClearProviders();
if (ignoresTermination)
    builder.Services.AddSingleton<IHostLifetime, EndlessLifetime>();

var app = builder.Build();
app.MapGet("/health", () => Environment.GetEnvironmentVariable("SERVICE_HEALTHY_WHEN") is { } file && !File.Exists(file)
    ? Results.StatusCode(503)
    : Results.Ok());
app.MapGet("/environment", () => Environment.GetEnvironmentVariables().Keys.Cast<string>()
    .ToDictionary(name => name, name => Environment.GetEnvironmentVariable(name)));
app.MapGet("/protocol", (HttpRequest request) => request.Protocol);
app.MapGet("/process", () => Environment.ProcessId);
app.MapPost("/exit/{exitCode:int}", (int exitCode) =>
{
    Console.WriteLine("my last words");
    Environment.Exit(exitCode);
});

Console.WriteLine($"process {Environment.ProcessId}");
Console.WriteLine($"telemetry to {Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_ENDPOINT") ?? "nowhere"} by {Environment.GetEnvironmentVariable("OTEL_EXPORTER_OTLP_PROTOCOL")}");
await app.RunAsync();
return 0;

/// <summary>Keeps the host from ending by any signal.</summary>
internal sealed class EndlessLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
