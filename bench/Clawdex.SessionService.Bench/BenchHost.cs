using Clawdex.ServiceDefaults;
using Clawdex.ServiceDefaults.Calls;
using Clawdex.SessionService.Api;
using Clawdex.SessionService.Storage;
using Grpc.Core;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Options;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Bench;

/// <summary>A service in this process on a free port, with a client.</summary>
internal sealed class BenchHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly GrpcChannel _channel;

    private BenchHost(WebApplication app, DelegatingHandler? caller = null)
    {
        _app = app;
        // As the gateway's: one connection carries a hundred calls.
        var handler = new SocketsHttpHandler { EnableMultipleHttp2Connections = true };
        if (caller is not null)
            caller.InnerHandler = handler;
        _channel = GrpcChannel.ForAddress(app.Urls.First(), new GrpcChannelOptions { HttpHandler = caller ?? (HttpMessageHandler)handler, DisposeHttpClient = true });
        Client = new Wire.Sessions.SessionsClient(_channel);
    }

    public Wire.Sessions.SessionsClient Client { get; }

    /// <summary>The session service on a file, without telemetry.</summary>
    public static Task<BenchHost> StartAsync(string databasePath) => StartOnAsync($"Data Source={databasePath}");

    /// <summary>The session service on any store, which it creates, without telemetry.</summary>
    public static async Task<BenchHost> StartOnAsync(string connectionString)
    {
        var builder = CreateBuilder();
        builder.Configuration["ConnectionStrings:sessions"] = connectionString;
        builder.Services.AddSingleton(TimeProvider.System);
        builder.AddSessions();
        var app = builder.Build();
        if (!await app.Services.GetRequiredService<IDatabaseOpening>().RunAsync(CancellationToken.None))
            throw new InvalidOperationException("The database was refused.");
        app.MapGrpcService<SessionsGrpcService>();
        await app.StartAsync();
        return new BenchHost(app);
    }

    /// <summary>A service that does nothing: what a gRPC call costs by itself.</summary>
    public static async Task<BenchHost> StartEmptyAsync()
    {
        var builder = CreateBuilder();
        builder.Services.AddGrpc();
        var app = builder.Build();
        app.MapGrpcService<EmptySessions>();
        await app.StartAsync();
        return new BenchHost(app);
    }

    /// <summary>The same behind the services' secret, which its client sends.</summary>
    public static async Task<BenchHost> StartGuardedAsync()
    {
        var builder = CreateBuilder();
        builder.Services.AddGrpcServer();
        var settings = Options.Create(new CallSettings { Secret = new string('s', 43) });
        builder.Services.AddSingleton(settings);
        var app = builder.Build();
        app.MapGrpcService<EmptySessions>();
        await app.StartAsync();
        return new BenchHost(app, new CallerSecret(settings));
    }

    public async ValueTask DisposeAsync()
    {
        _channel.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private static WebApplicationBuilder CreateBuilder()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
            kestrel.Listen(System.Net.IPAddress.Loopback, 0, endpoint => endpoint.Protocols = HttpProtocols.Http2));
        builder.Services.AddRoutingCore();
        return builder;
    }

    /// <summary>Answers from constants.</summary>
    internal sealed class EmptySessions : Wire.Sessions.SessionsBase
    {
        /// <summary>The key that asks for as much as a history holds.</summary>
        public const string FullKey = "full";

        private static readonly Wire.GetContextResponse Nothing = new();

        private static readonly Wire.GetContextResponse Full = new()
        {
            Messages =
            {
                Enumerable.Range(0, Seed.MessagesPerSession).Select(_ =>
                    new Wire.ContextMessage { Role = Wire.Role.User, Content = new string('x', 200) }),
            },
        };

        public override Task<Wire.GetContextResponse> GetContext(Wire.GetContextRequest request, ServerCallContext context) =>
            Task.FromResult(request.SessionKey == FullKey ? Full : Nothing);
    }
}
