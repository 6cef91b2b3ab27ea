using Clawdex.ServiceDefaults.Files;
using Clawdex.ServiceDefaults.Settings;
using Microsoft.Data.Sqlite;

namespace Clawdex.SessionService.Storage.Sqlite;

/// <summary>Where the database lives and how connections to it are set up. Touches nothing until something is opened.</summary>
internal sealed class DatabaseFile : IDisposable
{
    /// <summary>Name of the connection string, as AppHost hands it out.</summary>
    public const string ConnectionName = "sessions";

    private const string FileName = "clawdex.db";

    /// <summary>Seconds that a statement waits for a lock that another process holds.</summary>
    public const int BusySeconds = 5;

    private DatabaseFile(SqliteConnectionStringBuilder connection, string? problem = null)
    {
        // A shared cache locks whole tables between connections; write-ahead logging with private caches does not.
        connection.Cache = SqliteCacheMode.Private;
        connection.ForeignKeys = true;
        connection.DefaultTimeout = BusySeconds;
        FullPath = UserPath.Expand(connection.DataSource);
        connection.DataSource = FullPath;
        ConnectionString = connection.ConnectionString;
        Problem = problem;
    }

    public string FullPath { get; }

    public string ConnectionString { get; }

    /// <summary>Why the configuration names no usable file; null = it does.</summary>
    public string? Problem { get; }

    /// <summary>The connection string <c>sessions</c>, or <c>sessions:dataDirectory</c> without one.</summary>
    public static DatabaseFile From(IConfiguration configuration)
    {
        var configured = configuration.GetConnectionString(ConnectionName);
        if (string.IsNullOrWhiteSpace(configured))
            return new DatabaseFile(In(configuration.GetSection(SessionsOptions.Section)[nameof(SessionsOptions.DataDirectory)] is { } folder && !string.IsNullOrWhiteSpace(folder) ? folder : new SessionsOptions().DataDirectory));

        try
        {
            var connection = new SqliteConnectionStringBuilder(configured);
            // SQLite reads file: as a URL, which may mean its memory; here it would become a folder of that name.
            if (connection.DataSource is "" or ":memory:" || connection.Mode == SqliteOpenMode.Memory || connection.DataSource.StartsWith("file:", StringComparison.OrdinalIgnoreCase))
                return Unusable("must name a file in its Data Source");
            return connection.Password.Length > 0
                ? Unusable("has a Password, but SQLite encrypts nothing here; leave it out")
                : new DatabaseFile(connection);
        }
        catch (Exception error) when (error is ArgumentException or FormatException or OverflowException)
        {
            // A key that nobody knows, or a value that is no number or no true or false. Not its message: that repeats what was configured.
            return Unusable("is neither a SQLite connection string (Data Source=...) nor one of PostgreSQL (Host=...)");
        }
    }

    /// <summary>Creates the folder where it is missing, for its owner alone.</summary>
    public void CreateFolder()
    {
        if (Path.GetDirectoryName(FullPath) is { Length: > 0 } folder)
            OwnerOnly.CreateDirectory(folder);
    }

    /// <summary>A connection that changes nothing, not even by creating the file.</summary>
    public static SqliteConnection OpenForReading(string file)
    {
        var connection = new SqliteConnection(
            new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadOnly, Pooling = false, DefaultTimeout = BusySeconds }.ConnectionString);
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
        // The size limit gives the disk space of a long log back. What is deleted is overwritten, not only let go of.
        command.CommandText =
            $"""
            PRAGMA journal_mode = WAL;
            PRAGMA synchronous = FULL;
            PRAGMA busy_timeout = {BusySeconds * 1000};
            PRAGMA journal_size_limit = 16777216;
            PRAGMA secure_delete = ON;
            """;
        command.ExecuteNonQuery();
        return connection;
    }

    /// <summary>Closes pooled connections, so that SQLite leaves one file behind and no log beside it.</summary>
    public void Dispose()
    {
        using var connection = new SqliteConnection(ConnectionString);
        SqliteConnection.ClearPool(connection);
    }

    private static DatabaseFile Unusable(string problem) =>
        new(In(Path.GetTempPath()), $"ConnectionStrings:{ConnectionName} {problem}.");

    private static SqliteConnectionStringBuilder In(string folder) => new() { DataSource = Path.Combine(folder, FileName) };
}
