using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Clawdex.SessionService.Tests;

/// <summary>
/// The database of a test, named by the path that its file has. The same tests run on PostgreSQL in another project, which has
/// its own of this.
/// </summary>
internal static class TestDatabase
{
    /// <summary>Of tests that are the better the longer they run: random sequences, and kills.</summary>
    public const int Sequences = 40, Kills = 12;

    /// <summary>As the toolkit's hosting side writes it.</summary>
    public static string ConnectionStringOf(string path) => $"Data Source={path};Cache=Shared;Mode=ReadWriteCreate";

    /// <summary>A connection of the test's own.</summary>
    public static DbConnection Open(string path)
    {
        var connection = new SqliteConnection($"Data Source={path};Pooling=false");
        connection.Open();
        return connection;
    }

    /// <summary>Whether a connection of the service is to that database.</summary>
    public static bool IsOf(DbConnection connection, string path) => connection.DataSource == path;

    /// <summary>The service has created its tables.</summary>
    public static bool HasTables(string path) => File.Exists(path) && Rows(path, "SELECT 1 FROM sqlite_schema WHERE name = 'turns'").Count > 0;

    /// <summary>What the database itself finds wrong.</summary>
    public static IReadOnlyList<string> Damages(string path) =>
        [.. Rows(path, "PRAGMA integrity_check").Where(row => row != "ok"), .. Rows(path, "PRAGMA foreign_key_check")];

    /// <summary>Rows of a query; columns joined by <c>|</c>.</summary>
    public static IReadOnlyList<string> Rows(string path, string sql)
    {
        using var connection = Open(path);
        return connection.Rows(sql);
    }
}
