using Clawdex.SessionService.Storage.Sqlite;

namespace Clawdex.SessionService.Storage;

/// <summary>Registers the database, and opens it before the service listens.</summary>
internal static class DatabaseExtensions
{
    public static void AddSessionDatabase(this IHostApplicationBuilder builder)
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
        builder.Services.AddSingleton<DatabaseOpening>();
        builder.Services.AddSingleton<SessionReader>();
        builder.Services.AddSingleton<SessionWriter>();
        builder.Services.AddHealthChecks().AddCheck<WriteHealth>("database");
        builder.Services.AddHostedService(services => services.GetRequiredService<SessionWriter>());
    }

    /// <summary>Opens, creates or upgrades the database. False = the service must not start; the log says why.</summary>
    public static Task<bool> OpenDatabaseAsync(this WebApplication app) =>
        app.Services.GetRequiredService<DatabaseOpening>().RunAsync(app.Lifetime.ApplicationStopping);

    /// <summary>Runs the command <c>backup</c> and answers the process's exit code.</summary>
    public static int BackUpDatabase(this WebApplication app, string target) =>
        DatabaseBackup.Run(app.Services.GetRequiredService<DatabaseFile>(), target);
}
