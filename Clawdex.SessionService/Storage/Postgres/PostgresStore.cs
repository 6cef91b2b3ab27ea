using System.Data;
using System.Data.Common;
using Clawdex.SessionService.Storage.Sqlite;
using Npgsql;

namespace Clawdex.SessionService.Storage.Postgres;

/// <summary>The store behind a connection string with <c>Host=</c>. Nothing of Npgsql is loaded without one.</summary>
internal static class PostgresStore
{
    /// <summary>Connections of one service, unless the connection string says otherwise.</summary>
    private const int MaxConnections = 32;

    public static void AddPostgres(this IHostApplicationBuilder builder, string connectionName)
    {
        builder.AddNpgsqlDbContext<PostgresDbContext>(connectionName, settings =>
        {
            settings.ConnectionString = Bounded(settings.ConnectionString ?? "");
            settings.DisableHealthChecks = true;
            // A span for each statement would say what the span of the call says.
            settings.DisableTracing = true;
            // Only whole operations can be repeated, and the writer does that.
            settings.DisableRetry = true;
        });
        builder.Services.AddScoped<SessionDbContext>(services => services.GetRequiredService<PostgresDbContext>());
        builder.Services.AddSingleton<IDatabaseOpening, PostgresOpening>();
        builder.Services.AddSingleton<ISessionWriter, PostgresWriter>();
        builder.Services.AddSingleton(services =>
            new SessionReader(services.GetRequiredService<IServiceScopeFactory>(), IsolationLevel.RepeatableRead, isShared: true));
        builder.Services.AddSingleton<GatewayLives>();
        builder.Services.AddSingleton<SqliteImport>();
        builder.Services.AddHealthChecks().AddCheck<PostgresHealth>("database");
    }

    /// <summary>Why the connection string cannot be read, without repeating it; null = it can, or is none of PostgreSQL.</summary>
    // In a class by itself: a method that names a type of the driver loads the driver, whether it comes to that line or not.
    public static string? ProblemOf(IConfiguration configuration) =>
        configuration.GetConnectionString(DatabaseFile.ConnectionName) is { } configured && StoreOptions.NamesPostgres(configured) && PostgresConnection.ProblemOf(configured) is { } problem
            ? $"ConnectionStrings:{DatabaseFile.ConnectionName}: {problem}" : null;

    private static string Bounded(string configured)
    {
        if (PostgresConnection.Parse(configured, out _) is not { } connection)
            return configured;
        var given = new DbConnectionStringBuilder { ConnectionString = configured };
        if (!given.ContainsKey("Maximum Pool Size") && !given.ContainsKey("MaxPoolSize"))
            connection.MaxPoolSize = MaxConnections;
        // By default it tries Kerberos first, whose library no chiseled image has.
        if (!given.ContainsKey("GSS Encryption Mode") && !given.ContainsKey("GssEncryptionMode"))
            connection.GssEncryptionMode = GssEncryptionMode.Disable;
        // Each statement is parsed and planned once a connection.
        if (connection.MaxAutoPrepare == 0)
            connection.MaxAutoPrepare = 100;
        return connection.ConnectionString;
    }
}
