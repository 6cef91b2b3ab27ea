using Clawdex.LlmEmulator;
using Clawdex.LlmService.Api;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Clawdex.LlmService.Tests.Hosting;

/// <summary>A whole LlmService on free loopback ports, called over real HTTP/2.</summary>
internal sealed class LlmServiceHost : WebApplicationFactory<LlmGrpcService>
{
    /// <summary>A setting that makes <see cref="Logs"/> take everything from Trace on, instead of from Information on.</summary>
    public const string LogEverything = "test:logEverything";

    private readonly IReadOnlyDictionary<string, string> _settings;
    private readonly TimeProvider? _timeProvider;
    private readonly GrpcChannel _channel;

    private LlmServiceHost(IReadOnlyDictionary<string, string> settings, TimeProvider? timeProvider)
    {
        _settings = settings;
        _timeProvider = timeProvider;
        UseKestrel();
        StartServer();

        // Kestrel starts its named endpoints in the order of their names.
        var addresses = Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses.ToList();
        GrpcAddress = new Uri(addresses[0]);
        HttpAddress = new Uri(addresses[1]);
        _channel = GrpcChannel.ForAddress(GrpcAddress);
        Client = new Llm.V1.Llm.LlmClient(_channel);
    }

    public Uri GrpcAddress { get; }

    public Uri HttpAddress { get; }

    public Llm.V1.Llm.LlmClient Client { get; }

    public FakeLogCollector Logs { get; } = new();

    /// <summary>A service with a key for both providers, which the emulator plays.</summary>
    public static LlmServiceHost Start(
        LlmEmulatorHost emulator, TimeProvider? timeProvider = null, params IEnumerable<(string Key, string Value)> settings) =>
        StartBare(timeProvider,
        [
            ("gemini:apiKey", TestKeys.Gemini),
            ("gemini:baseUrl", emulator.GeminiBaseUrl),
            ("openrouter:apiKey", TestKeys.OpenRouter),
            ("openrouter:baseUrl", emulator.OpenRouterBaseUrl),
            .. settings,
        ]);

    /// <summary>A service with these settings only.</summary>
    public static LlmServiceHost StartBare(TimeProvider? timeProvider, params IEnumerable<(string Key, string Value)> settings)
    {
        var all = new Dictionary<string, string>
        {
            ["Kestrel:Endpoints:grpc:Url"] = "http://127.0.0.1:0",
            ["Kestrel:Endpoints:http:Url"] = "http://127.0.0.1:0",
            ["llm:catalogueRefreshHours"] = "0",
        };
        foreach (var (key, value) in settings)
            all[key] = value;
        return new LlmServiceHost(all, timeProvider);
    }

    /// <summary>Asks the service to stop, as a SIGTERM does.</summary>
    public void Stop() => Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        foreach (var (key, value) in _settings)
            builder.UseSetting(key, value);
        var level = _settings.ContainsKey(LogEverything) ? LogLevel.Trace : LogLevel.Information;
        builder.ConfigureLogging(logging => logging.ClearProviders().AddProvider(new FakeLoggerProvider(Logs)).AddFilter<FakeLoggerProvider>(null, level));
        builder.ConfigureTestServices(services =>
        {
            if (_timeProvider is not null)
                services.AddSingleton(_timeProvider);
        });
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _channel.Dispose();
        base.Dispose(disposing);
    }
}
