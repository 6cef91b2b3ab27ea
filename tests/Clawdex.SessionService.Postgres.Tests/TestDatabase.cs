using System.Collections.Concurrent;
using System.Data.Common;
using Clawdex.Testing;
using Npgsql;

namespace Clawdex.SessionService.Tests;

/// <summary>The database of a test, named by the path that its file would have with SQLite.</summary>
internal static class TestDatabase
{
    /// <summary>Fewer than of SQLite's: each costs several times as much, and the gate has its time.</summary>
    public const int Sequences = 12, Kills = 5;

    private static readonly ConcurrentDictionary<string, string> Names = [];
    private static int _last;

    public static string ConnectionStringOf(string path) => $"{Server().ConnectionStringOf(NameOf(path))};Maximum Pool Size=16;Connection Idle Lifetime=5;Connection Pruning Interval=1";

    /// <summary>A connection of the test's own.</summary>
    public static DbConnection Open(string path)
    {
        var connection = new NpgsqlConnection($"{ConnectionStringOf(path)};Pooling=false");
        connection.Open();
        return connection;
    }

    /// <summary>Whether a connection of the service is to that database.</summary>
    public static bool IsOf(DbConnection connection, string path) => connection.Database == NameOf(path);

    /// <summary>The service has created its tables.</summary>
    public static bool HasTables(string path)
    {
        using var server = new NpgsqlConnection($"{Server().ConnectionStringOf("postgres")};Pooling=false");
        server.Open();
        return server.Rows($"SELECT 1 FROM pg_database WHERE datname = '{NameOf(path)}'").Count > 0
            && Rows(path, "SELECT 1 FROM pg_tables WHERE tablename = 'turns'").Count > 0;
    }

    /// <summary>What the database itself finds wrong: PostgreSQL has no such command, it refuses what breaks a key.</summary>
    public static IReadOnlyList<string> Damages(string path) => [];

    /// <summary>Rows of a query; columns joined by <c>|</c>.</summary>
    public static IReadOnlyList<string> Rows(string path, string sql)
    {
        using var connection = Open(path);
        return connection.Rows(sql);
    }

    private static string NameOf(string path) => Names.GetOrAdd(path, _ => $"test_{Interlocked.Increment(ref _last)}");

    private static LocalPostgres Server()
    {
        var server = PostgresServer.Shared;
        if (server is null && Environment.GetEnvironmentVariable("CI") != "true")
            Assert.Skip(ExternalTool.Missing(ExternalTool.Postgres) ?? "The server did not start.");
        return server ?? throw new InvalidOperationException(ExternalTool.Missing(ExternalTool.Postgres));
    }
}
