using Clawdex.ServiceDefaults;
using Clawdex.ServiceDefaults.Settings;
using Clawdex.SessionService.History;
using Clawdex.SessionService.Turns;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Clawdex.SessionService.Api;

/// <summary>Registers the domain and its gRPC edge.</summary>
internal static class SessionsExtensions
{
    public static void AddSessions(this IHostApplicationBuilder builder)
    {
        builder.Services.AddSettings<SessionsOptions>(SessionsOptions.Section);
        builder.Services.AddSingleton<HistoryCache>();
        builder.Services.AddSingleton<ContextReader>();
        builder.Services.AddSingleton<TurnLedger>();
        builder.Services.AddSingleton<SessionRegistry>();
        builder.Services.AddSingleton<Compactor>();
        builder.Services.AddSingleton<Retention>();
        builder.Services.AddSingleton<Presence>();
        builder.Services.AddHostedService<OrderlyStop>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Retention>());
        builder.Services.AddSingleton<SessionsGrpcService>();
        builder.Services.AddGrpcServer(grpc =>
        {
            grpc.Interceptors.Add<FailureInterceptor>();
            grpc.Interceptors.Add<HolderInterceptor>();
        });
        // A holder whose machine was suspended or unplugged closes nothing: without an answer to a ping its lease is free again.
        builder.Services.Configure<KestrelServerOptions>(kestrel => kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(60));
    }
}
