using Microsoft.Data.Sqlite;

namespace Clawdex.SessionService.Data;

/// <summary>Where the database lives and how connections to it are set up. Touches nothing until something is opened.</summary>
internal sealed class DatabaseFile
{
    /// <summary>Name of the connection string, as AppHost hands it out.</summary>
    public const string ConnectionName = "sessions";

    private const string FileName = "clawdex.db";

    /// <summary>Seconds that a statement waits for a lock that another process holds.</summary>
    private const int BusySeconds = 5;

    private DatabaseFile(SqliteConnectionStringBuilder connection)
    {
        // A shared cache locks whole tables between connections; write-ahead logging with private caches does not.
        connection.Cache = SqliteCacheMode.Private;
        connection.ForeignKeys = true;
        connection.DefaultTimeout = BusySeconds;
        FullPath = Path.GetFullPath(ExpandHome(connection.DataSource));
        connection.DataSource = FullPath;
        ConnectionString = connection.ConnectionString;
    }

    public string FullPath { get; }

    public string ConnectionString { get; }

    /// <summary>The connection string <c>sessions</c>, or <c>sessions:dataDirectory</c> without one.</summary>
    public static DatabaseFile From(IConfiguration configuration, string dataDirectory) =>
        configuration.GetConnectionString(ConnectionName) is { } connectionString && !string.IsNullOrWhiteSpace(connectionString)
            ? new DatabaseFile(new SqliteConnectionStringBuilder(connectionString))
            : new DatabaseFile(new SqliteConnectionStringBuilder { DataSource = Path.Combine(dataDirectory, FileName) });

    /// <summary>A connection that changes nothing, not even by creating the file.</summary>
    public SqliteConnection OpenForReading()
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder(ConnectionString) { Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ConnectionString);
        connection.Open();
        return connection;
    }

    /// <summary>The connection of the one writer.</summary>
    public SqliteConnection OpenForWriting()
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder(ConnectionString) { Pooling = false }.ConnectionString);
        connection.Open();
        using var command = connection.CreateCommand();
        // FULL: in write-ahead mode NORMAL does not flush the log on commit, and a power cut would take acknowledged messages.
        // The size limit gives the disk space of a long log back.
        command.CommandText =
            $"""
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            PRAGMA busy_timeout = {BusySeconds * 1000};
            PRAGMA journal_size_limit = 16777216;
            """;
        command.ExecuteNonQuery();
        return connection;
    }

    private static string ExpandHome(string path) =>
        path == "~" || path.StartsWith("~/", StringComparison.Ordinal)
            ? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) + path[1..]
            : path;
}
