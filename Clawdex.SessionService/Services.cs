using System.Data;
using Clawdex.ServiceDefaults;
using Clawdex.ServiceDefaults.Settings;
using Clawdex.SessionService.Api;
using Clawdex.SessionService.History;
using Clawdex.SessionService.Storage;
using Clawdex.SessionService.Storage.Postgres;
using Clawdex.SessionService.Storage.Sqlite;
using Clawdex.SessionService.Turns;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Clawdex.SessionService;

/// <summary>All that the service consists of, room by room.</summary>
internal static class Services
{
    public static void AddSessions(this IHostApplicationBuilder builder)
    {
        builder.AddSettings<SessionsOptions>(SessionsOptions.Section);
        builder.AddSettings<StoreOptions>(StoreOptions.Section);
        if (StoreOptions.NamesPostgres(builder.Configuration.GetConnectionString(DatabaseFile.ConnectionName)))
            builder.AddPostgres(DatabaseFile.ConnectionName);
        else
            AddSqlite(builder);

        builder.Services.AddSingleton<HistoryCache>();
        builder.Services.AddSingleton<ContextReader>();
        builder.Services.AddSingleton<Compactor>();
        builder.Services.AddSingleton<TurnLedger>();
        builder.Services.AddSingleton<TurnOwners>();
        builder.Services.AddSingleton<UndoLedger>();
        builder.Services.AddSingleton<UsageLedger>();
        builder.Services.AddSingleton<SessionRegistry>();
        builder.Services.AddSingleton<PeopleRegistry>();
        builder.Services.AddSingleton<Retention>();
        builder.Services.AddSingleton<Presence>();
        builder.Services.AddHostedService<OrderlyStop>();
        builder.Services.AddHostedService(services => services.GetRequiredService<Retention>());
        builder.Services.AddSingleton<SessionsGrpcService>();
        builder.Services.AddGrpcServer(grpc => grpc.Interceptors.Add<CallInterceptor>());
        // A holder whose machine was suspended or unplugged closes nothing: without an answer to a ping its lease is free again.
        builder.Services.Configure<KestrelServerOptions>(kestrel => kestrel.Limits.Http2.KeepAlivePingDelay = TimeSpan.FromSeconds(60));
    }

    private static void AddSqlite(IHostApplicationBuilder builder)
    {
        var database = DatabaseFile.From(builder.Configuration);
        builder.AddSqliteDbContext<SessionDbContext>(DatabaseFile.ConnectionName, settings =>
        {
            settings.ConnectionString = database.ConnectionString;
            // WriteHealth says more, and without the half second that the context's own check needs at first, when others wait for it.
            settings.DisableHealthChecks = true;
            // A span for each statement would say what the span of the call says.
            settings.DisableTracing = true;
        });
        // By a factory, so that the container disposes it.
        builder.Services.AddSingleton(_ => database);
        builder.Services.AddSingleton<DatabaseLock>();
        builder.Services.AddSingleton<IDatabaseOpening, DatabaseOpening>();
        // SQLite's deferred transaction: it takes no write lock as the default one does.
        builder.Services.AddSingleton(services =>
            new SessionReader(services.GetRequiredService<IServiceScopeFactory>(), IsolationLevel.ReadUncommitted, isShared: false));
        builder.Services.AddSingleton<SqliteWriter>();
        builder.Services.AddSingleton<ISessionWriter>(services => services.GetRequiredService<SqliteWriter>());
        builder.Services.AddHealthChecks().AddCheck<WriteHealth>("database");
        builder.Services.AddHostedService(services => services.GetRequiredService<SqliteWriter>());
    }
}
