using System.Data.Common;
using Microsoft.Data.Sqlite;
using Npgsql;

namespace Clawdex.AppHost.Tests;

/// <summary>Reads the session service's database, whether the service runs or not.</summary>
/// <param name="connect">A new connection, not open yet.</param>
/// <param name="integrity">Says <c>ok</c>, or what is damaged.</param>
/// <param name="lockUp">Keeps everybody else from writing until the connection ends.</param>
internal sealed class StoredTurns(Func<DbConnection> connect, string integrity, string lockUp)
{
    /// <summary>The contrib module amcheck reads every row and every index. The extension stays there, and harms nobody.</summary>
    private const string PostgresIntegrity = """
        CREATE EXTENSION IF NOT EXISTS amcheck;
        SELECT coalesce(string_agg(damage.msg, '; '), 'ok')
        FROM pg_class c, LATERAL verify_heapam(c.oid) damage WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace
        HAVING (SELECT count(bt_index_check(oid, true)) FROM pg_class WHERE relkind = 'i' AND relnamespace = 'public'::regnamespace) > 0
        """;

    private static readonly string[] OpenStates = ["accepted", "streaming", "answered"];

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    public static StoredTurns InFile(string path) =>
        new(() => new SqliteConnection($"Data Source={path};Pooling=false;Default Timeout=10"), "PRAGMA integrity_check", "BEGIN IMMEDIATE");

    public static StoredTurns OnServer(string connectionString) =>
        new(() => new NpgsqlConnection($"{connectionString};Pooling=false"), PostgresIntegrity, "BEGIN; LOCK TABLE sessions IN EXCLUSIVE MODE");

    /// <summary>Turns that are not settled.</summary>
    public IReadOnlyList<string> Open() =>
        Rows("SELECT s.session_key, t.id, t.state FROM turns t JOIN sessions s ON s.id = t.session_id WHERE t.settled_at IS NULL ORDER BY t.id");

    /// <summary>The states of a chat's turns, oldest first.</summary>
    public IReadOnlyList<string> StatesIn(long chatId) =>
        Rows($"SELECT t.state FROM turns t JOIN sessions s ON s.id = t.session_id WHERE s.chat_id = '{chatId}' ORDER BY t.id");

    /// <summary>What became of a chat's turns and at which gateway, oldest first: where a run went wrong. Of a server alone.</summary>
    public IReadOnlyList<string> StoriesIn(long chatId) => Rows(
        "SELECT s.session_key, t.id, t.source_id, t.origin_message_id, t.owner, t.state, t.accepted_at, t.answered_at, t.settled_at "
        + $"FROM turns t JOIN sessions s ON s.id = t.session_id WHERE s.chat_id = '{chatId}' ORDER BY t.id");

    /// <summary><c>ok</c>, or what the database has found to be damaged.</summary>
    public IReadOnlyList<string> CheckIntegrity() => Rows(integrity);

    /// <summary>Waits until a chat's turns are in these states.</summary>
    public Task WaitForStatesAsync(long chatId, IReadOnlyList<string> states, TimeSpan patience, CancellationToken cancellationToken) =>
        WaitAsync(chatId, now => now.SequenceEqual(states), string.Join(", ", states), patience, cancellationToken);

    /// <summary>Waits until nothing is left to do in a chat.</summary>
    public Task WaitUntilSettledAsync(long chatId, TimeSpan patience, CancellationToken cancellationToken) =>
        WaitAsync(chatId, now => !now.Intersect(OpenStates).Any(), "settled", patience, cancellationToken);

    /// <summary>Keeps everybody else from writing for a while, as a backup or a slow disk does.</summary>
    public async Task LockAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        await using var connection = connect();
        await connection.OpenAsync(cancellationToken);
        await using var command = connection.CreateCommand();
        command.CommandText = lockUp;
        await command.ExecuteNonQueryAsync(cancellationToken);
        await Task.Delay(time, cancellationToken);
    }

    private async Task WaitAsync(
        long chatId, Func<IReadOnlyList<string>, bool> wanted, string wish, TimeSpan patience, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        IReadOnlyList<string> now;
        while (!wanted(now = StatesIn(chatId)))
        {
            if (TimeProvider.System.GetElapsedTime(started) > patience)
                throw new TimeoutException($"The turns of {chatId} should be {wish} and are {string.Join(", ", now)}");
            await Task.Delay(Look, cancellationToken);
        }
    }

    private List<string> Rows(string sql)
    {
        using var connection = connect();
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        using var reader = command.ExecuteReader();
        List<string> rows = [];
        while (reader.Read())
            rows.Add(string.Join(' ', Enumerable.Range(0, reader.FieldCount).Select(column => reader.GetValue(column))));
        return rows;
    }
}
