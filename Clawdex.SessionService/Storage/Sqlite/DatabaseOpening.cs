using System.Reflection;
using Clawdex.ServiceDefaults.Files;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Clawdex.SessionService.Storage.Sqlite;

/// <summary>
/// Everything that must be true before the service answers: the configuration names a database, its folder exists, nobody else
/// works on it, it is sound, and its schema is this program's. Looks before it writes: a file that is refused stays as it is.
/// </summary>
internal sealed class DatabaseOpening(
    DatabaseFile database,
    DatabaseLock exclusive,
    IServiceScopeFactory scopes,
    ILogger<DatabaseOpening> logger)
{
    /// <summary>A full check reads the whole file; a bigger one is checked by its header and schema only, to start in time.</summary>
    private const long FullCheckBytes = 256 * 1024 * 1024;

    /// <summary>The migrations of this program.</summary>
    private static readonly string[] Known =
        [.. typeof(SessionDbContext).Assembly.GetTypes().Select(type => type.GetCustomAttribute<MigrationAttribute>()?.Id).OfType<string>()];

    private static ReadOnlySpan<byte> SqliteHeader => "SQLite format 3\0"u8;

    /// <summary>Opens, creates or upgrades the database. False = it is refused, and the log says why.</summary>
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        var refusal = await TryAsync(cancellationToken);
        if (refusal is not null)
            logger.DatabaseRefused(refusal);
        return refusal is null;
    }

    private async Task<string?> TryAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (database.Problem is { } problem)
                return problem;
            if (Path.GetDirectoryName(database.FullPath) is { Length: > 0 } folder)
                OwnerOnly.CreateDirectory(folder);
            if (!await exclusive.TryTakeAsync(cancellationToken))
                return $"Another process works on the database {database.FullPath}. Stop that one first, or use another sessions:dataDirectory.";
            return Inspect() ?? await MigrateAsync(cancellationToken);
        }
        catch (SqliteException exception)
        {
            return $"The database {database.FullPath} cannot be opened: {exception.Message}";
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return $"The database {database.FullPath} cannot be opened: {exception.Message}";
        }
    }

    /// <summary>Why an existing file is not ours to use; null = it is fine, or new.</summary>
    private string? Inspect()
    {
        var file = new FileInfo(database.FullPath);
        if (!file.Exists || file.Length == 0)
            return null;
        if (!HasSqliteHeader(file))
            return $"{file.FullName} is not a SQLite database. It was left untouched; move it away to start afresh, or restore a backup.";

        try
        {
            using var connection = database.OpenForReading();
            if (file.Length <= FullCheckBytes && Texts(connection, "PRAGMA quick_check(1)") is not ["ok"])
                return Damaged(file);
            return InspectSchema(connection, file);
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode is SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB)
        {
            return Damaged(file);
        }
    }

    private static string? InspectSchema(SqliteConnection connection, FileInfo file)
    {
        var tables = Texts(connection, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'");
        if (tables.Count == 0)
            return null;
        if (!tables.Contains("__EFMigrationsHistory"))
            return $"{file.FullName} is the database of another program. It was left untouched.";

        return Applied(connection).Except(Known).FirstOrDefault() is { } unknown
            ? $"{file.FullName} was written by a newer version of Clawdex (schema {unknown}). It was left untouched; update this program."
            : null;
    }

    private async Task<string?> MigrateAsync(CancellationToken cancellationToken)
    {
        int pending;
        // Write-ahead logging is a property of the file: switched on before anything is in it.
        using (var connection = database.OpenForWriting())
        {
            ReleaseAbandonedMigrationLock(connection);
            pending = Known.Except(Applied(connection)).Count();
        }

        // Entity Framework needs half a second for its first use; a start without a new schema has no use for it.
        if (pending > 0)
        {
            await using var scope = scopes.CreateAsyncScope();
            await scope.ServiceProvider.GetRequiredService<SessionDbContext>().Database.MigrateAsync(cancellationToken);
        }

        logger.DatabaseOpened(database.FullPath, new FileInfo(database.FullPath).Length / 1024, pending);
        return null;
    }

    /// <summary>
    /// A process that is killed while it migrates leaves Entity Framework's lock row behind, and every later start would wait
    /// for it forever; dotnet/efcore#38958 is a relative of this. Under <see cref="DatabaseLock"/> nobody else can be migrating.
    /// </summary>
    private static void ReleaseAbandonedMigrationLock(SqliteConnection connection)
    {
        if (Texts(connection, "SELECT name FROM sqlite_schema WHERE name = '__EFMigrationsLock'").Count == 0)
            return;
        using var command = connection.CreateCommand();
        command.CommandText = "DELETE FROM __EFMigrationsLock";
        command.ExecuteNonQuery();
    }

    private static List<string> Applied(SqliteConnection connection) =>
        Texts(connection, "SELECT name FROM sqlite_schema WHERE name = '__EFMigrationsHistory'").Count == 0
            ? []
            : Texts(connection, "SELECT MigrationId FROM __EFMigrationsHistory");

    private static bool HasSqliteHeader(FileInfo file)
    {
        using var stream = file.Open(FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        Span<byte> start = stackalloc byte[SqliteHeader.Length];
        return stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false) == start.Length && start.SequenceEqual(SqliteHeader);
    }

    private static string Damaged(FileInfo file) =>
        $"The database {file.FullName} is damaged. It was left untouched; restore a backup, or move it away to start afresh.";

    private static List<string> Texts(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        List<string> rows = [];
        while (reader.Read())
            rows.Add(reader.GetString(0));
        return rows;
    }
}
