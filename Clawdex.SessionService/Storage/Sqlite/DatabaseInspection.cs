using System.Reflection;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Clawdex.SessionService.Storage.Sqlite;

/// <summary>Whether a file is a database that this program may work on. Only reads.</summary>
internal static class DatabaseInspection
{
    /// <summary>A full check reads the whole file; a bigger one is checked by its header and schema only, to start in time.</summary>
    private const long FullCheckBytes = 256 * 1024 * 1024;

    private const string History = "__EFMigrationsHistory";

    /// <summary>The migrations of this program.</summary>
    private static readonly string[] Known =
        [.. typeof(SessionDbContext).Assembly.GetTypes()
            .Where(type => type.GetCustomAttribute<DbContextAttribute>()?.ContextType == typeof(SessionDbContext))
            .Select(type => type.GetCustomAttribute<MigrationAttribute>()?.Id).OfType<string>()];

    private static ReadOnlySpan<byte> SqliteHeader => "SQLite format 3\0"u8;

    /// <summary>Why an existing file is not ours to use; null = it is fine, or new.</summary>
    public static string? ProblemOf(FileInfo file)
    {
        if (!file.Exists || file.Length == 0)
            return null;
        if (!HasSqliteHeader(file))
            return $"{file.FullName} is not a SQLite database. It was left untouched; move it away to start afresh, or restore a backup.";

        try
        {
            using var connection = DatabaseFile.OpenForReading(file.FullName);
            if (file.Length <= FullCheckBytes && Texts(connection, "PRAGMA quick_check(1)") is not ["ok"])
                return Damaged(file);
            return ProblemOfSchema(connection, file);
        }
        catch (SqliteException exception) when (exception.SqliteErrorCode is SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB)
        {
            return Damaged(file);
        }
    }

    /// <summary>How many migrations of this program the database has yet to see.</summary>
    public static int PendingMigrations(SqliteConnection connection) => Known.Except(Applied(connection)).Count();

    public static bool HasTable(SqliteConnection connection, string name) => Tables(connection).Contains(name);

    private static string? ProblemOfSchema(SqliteConnection connection, FileInfo file)
    {
        var tables = Tables(connection);
        if (tables.Count == 0)
            return null;
        if (!tables.Contains(History))
            return $"{file.FullName} is the database of another program. It was left untouched.";

        return Applied(connection).Except(Known).FirstOrDefault() is { } unknown
            ? $"{file.FullName} was written by a newer version of Clawdex (schema {unknown}). It was left untouched; update this program."
            : null;
    }

    private static List<string> Applied(SqliteConnection connection) =>
        HasTable(connection, History) ? Texts(connection, $"SELECT MigrationId FROM {History}") : [];

    private static List<string> Tables(SqliteConnection connection) =>
        Texts(connection, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'");

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
