using System.Diagnostics;
using System.Globalization;
using Clawdex.Testing;
using Npgsql;

namespace Clawdex.SessionService.Bench;

/// <summary>What the server has counted so far, or between two moments.</summary>
internal sealed record StoreCounters(long Commits, long Rollbacks, long PagesRead, long WalBytes, long SizeBytes, TimeSpan Cpu)
{
    public StoreCounters Since(StoreCounters earlier) => new(
        Commits - earlier.Commits,
        Rollbacks - earlier.Rollbacks,
        PagesRead - earlier.PagesRead,
        WalBytes - earlier.WalBytes,
        SizeBytes - earlier.SizeBytes,
        Cpu - earlier.Cpu);
}

/// <summary>A database of many sessions, made by the product's own migrations, with a session service on it.</summary>
internal sealed class LargeStore : IAsyncDisposable
{
    /// <summary>Of so many sessions one has a history already: a question, an answer and their turn.</summary>
    private const int HistoryEvery = 100;

    private const int Batch = 1_000_000;

    private const long FirstChat = 1_000_000_000, Scatter = 2_654_435_761, Chats = 4_294_967_296;

    // USER_HZ, which is 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    private readonly LocalPostgres _server;
    private readonly NpgsqlConnection _connection;

    private LargeStore(LocalPostgres server, NpgsqlConnection connection, BenchHost host, int sessions) =>
        (_server, _connection, Host, Sessions) = (server, connection, host, sessions);

    public BenchHost Host { get; }

    public int Sessions { get; }

    /// <summary>The chat of the session with that number, from 1 on: scattered, as the numbers of Telegram's chats are, so that indexes are filled at random.</summary>
    public static long ChatOf(int session) => FirstChat + (session * Scatter % Chats);

    public static async Task<LargeStore> CreateAsync(LocalPostgres server, string name, int sessions, CancellationToken cancellationToken)
    {
        // At most 32 connections, as the product's own default is.
        var host = await BenchHost.StartOnAsync(server.ConnectionStringOf(name));
        var connection = new NpgsqlConnection($"{server.ConnectionStringOf(name)};Pooling=false;Command Timeout=0");
        await connection.OpenAsync(cancellationToken);
        var store = new LargeStore(server, connection, host, sessions);
        await store.FillAsync(cancellationToken);
        return store;
    }

    public async Task<StoreCounters> CountAsync(CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT xact_commit, xact_rollback, blks_read, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint, pg_database_size(datname)
            FROM pg_stat_database WHERE datname = current_database()
            """,
            _connection);
        await using var row = await command.ExecuteReaderAsync(cancellationToken);
        await row.ReadAsync(cancellationToken);
        return new StoreCounters(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.GetInt64(4), await CpuAsync(cancellationToken));
    }

    /// <summary>Prints what each table and its indexes take.</summary>
    public async Task PrintSizesAsync(CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(
            """
            SELECT relname, greatest(reltuples, 0)::bigint, pg_table_size(oid), pg_indexes_size(oid), pg_total_relation_size(oid)
            FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND reltuples > 100 ORDER BY pg_total_relation_size(oid) DESC
            """,
            _connection);
        Console.WriteLine("| table | rows | table, MB | indexes, MB | bytes a row, indexes included |\n|---|--:|--:|--:|--:|");
        await using var rows = await command.ExecuteReaderAsync(cancellationToken);
        while (await rows.ReadAsync(cancellationToken))
        {
            Console.WriteLine(FormattableString.Invariant(
                $"| {rows.GetString(0)} | {rows.GetInt64(1):N0} | {rows.GetInt64(2) / 1e6:N0} | {rows.GetInt64(3) / 1e6:N0} | {(double)rows.GetInt64(4) / rows.GetInt64(1):N0} |"));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private async Task FillAsync(CancellationToken cancellationToken)
    {
        var begun = Stopwatch.GetTimestamp();
        for (var done = 0; done < Sessions; done += Batch)
        {
            await FillAsync(done + 1, Math.Min(done + Batch, Sessions), cancellationToken);
            Console.WriteLine(FormattableString.Invariant($"{Math.Min(done + Batch, Sessions):N0} sessions after {Stopwatch.GetElapsedTime(begun).TotalSeconds:F0} s"));
        }

        await ExecuteAsync($"SELECT setval(pg_get_serial_sequence('sessions', 'id'), {Sessions})", cancellationToken);
        // Else autovacuum would begin with it in the middle of a measurement.
        await ExecuteAsync("VACUUM (ANALYZE)", cancellationToken);
        await ExecuteAsync("CHECKPOINT", cancellationToken);
        var bytes = (await CountAsync(cancellationToken)).SizeBytes;
        Console.WriteLine(FormattableString.Invariant(
            $"{Sessions:N0} sessions: {Stopwatch.GetElapsedTime(begun).TotalSeconds:F0} s, {bytes / 1e6:N0} MB, {(double)bytes / Sessions:N0} bytes a session"));
    }

    /// <summary>The sessions from one number to another one. The chat is <see cref="ChatOf"/>.</summary>
    private async Task FillAsync(int from, int to, CancellationToken cancellationToken)
    {
        await ExecuteAsync(
            $"""
            INSERT INTO sessions (id, session_key, channel, chat_id, message_count, token_correction, version, inserted_at, updated_at)
            SELECT id, 'telegram:' || chat, 'telegram', chat, CASE WHEN id % {HistoryEvery} = 0 THEN 2 ELSE 0 END, 1, 0, 0, 0
            FROM (SELECT id, ({FirstChat} + id * {Scatter} % {Chats})::text AS chat FROM generate_series({from}::bigint, {to}::bigint) AS id) AS numbered
            """,
            cancellationToken);
        await ExecuteAsync(
            $"""
            WITH settled AS (
                INSERT INTO turns (session_id, source_id, state, origin_message_id, reply_message_ids, finish_reason, model,
                    prompt_tokens, completion_tokens, detached, accepted_at, answered_at, settled_at)
                SELECT id, 'seed', 'delivered', 1, ARRAY[2]::bigint[], 'stop', 'bench', 250, 250, false, 0, 0, 0
                FROM generate_series({from}::bigint, {to}::bigint) AS id WHERE id % {HistoryEvery} = 0
                RETURNING id, session_id)
            INSERT INTO messages (id, session_id, role, content, token_count, source_id, inserted_at)
            SELECT 2 * id + part, session_id, CASE part WHEN 0 THEN 'user' ELSE 'assistant' END, repeat('word ', 200), 250, CASE part WHEN 0 THEN 'seed' END, 0
            FROM settled, generate_series(0, 1) AS part
            """,
            cancellationToken);
    }

    private async Task ExecuteAsync(string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, _connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>Of all of the server's processes. Those that have ended are the first one's children, whose time it has.</summary>
    private async Task<TimeSpan> CpuAsync(CancellationToken cancellationToken)
    {
        var ticks = 0L;
        foreach (var (place, process) in (await _server.ProcessesAsync(cancellationToken)).Index())
        {
            try
            {
                // The program's name comes in parentheses; utime, stime, cutime and cstime are fields 14 to 17 of the line.
                var stat = await File.ReadAllTextAsync($"/proc/{process}/stat", cancellationToken);
                var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
                ticks += fields[11..(place == 0 ? 15 : 13)].Sum(field => long.Parse(field, CultureInfo.InvariantCulture));
            }
            catch (IOException)
            {
                // It has ended meanwhile.
            }
        }

        return TimeSpan.FromSeconds(ticks / TicksPerSecond);
    }
}
