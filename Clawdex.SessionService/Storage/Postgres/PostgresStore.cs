using System.Data;
using Clawdex.SessionService.Storage.Sqlite;
using Npgsql;

namespace Clawdex.SessionService.Storage.Postgres;

/// <summary>The store behind a connection string with <c>Host=</c>. Nothing of Npgsql is loaded without one.</summary>
internal static class PostgresStore
{
    /// <summary>Connections of one service, unless the connection string says otherwise.</summary>
    private const int MaxConnections = 32;

    /// <summary>
    /// What the server is told of each connection, as its session's defaults: a <c>SET</c> would be taken back when the connection goes
    /// back to the pool. A service whose machine is gone says no good-bye, and would keep its locks until TCP gives it up, after hours:
    /// a transaction in which nothing happens for 10 s is rolled back (ours are one operation, of milliseconds), and a peer that no
    /// longer answers is noticed within 25 s.
    /// </summary>
    private const string ServerOptions =
        "-c idle_in_transaction_session_timeout=10000 -c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 -c tcp_user_timeout=25000";

    /// <summary>
    /// To be connected, or to get a connection from the pool, takes so many seconds at most: a caller waits for 3. The driver asks for
    /// a statement's end by a connection of its own, which it waits for on a thread of the pool: where nothing answers, for so long.
    /// </summary>
    private const int ConnectSeconds = 5;

    /// <summary>The end that was asked for is awaited so long; then the connection is closed.</summary>
    private const int CancellationMilliseconds = 1000;

    /// <summary>Without an answer for so long, the server's machine is asked whether it is there, and half as long later again.</summary>
    private const int KeepAliveSeconds = 10;

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
        if (!connection.ShouldSerialize("Maximum Pool Size"))
            connection.MaxPoolSize = Math.Max(MaxConnections, connection.MinPoolSize);
        // By default it tries Kerberos first, whose library no chiseled image has.
        if (!connection.ShouldSerialize("GSS Encryption Mode"))
            connection.GssEncryptionMode = GssEncryptionMode.Disable;
        // Each statement is parsed and planned once a connection.
        if (!connection.ShouldSerialize("Max Auto Prepare"))
            connection.MaxAutoPrepare = 100;
        if (!connection.ShouldSerialize("Options"))
            connection.Options = ServerOptions;
        if (!connection.ShouldSerialize("Timeout"))
            connection.Timeout = ConnectSeconds;
        if (!connection.ShouldSerialize("Cancellation Timeout"))
            connection.CancellationTimeout = CancellationMilliseconds;
        // A socket of this machine is not TCP, and refuses it. The driver's own "Keepalive" would be a statement, sent only while
        // nothing is awaited.
        string[] keepAlive = ["TCP Keepalive", "TCP Keepalive Time", "TCP Keepalive Interval"];
        if (!keepAlive.Any(connection.ShouldSerialize) && !PostgresConnection.UsesSocket(connection))
            (connection.TcpKeepAliveTime, connection.TcpKeepAliveInterval) = (KeepAliveSeconds, KeepAliveSeconds / 2);
        return connection.ConnectionString;
    }
}
