using Microsoft.Data.Sqlite;

namespace Clawdex.SessionService.Bench;

/// <summary>Fills a database with sessions of 50 messages of 200 characters each, interleaved as they would have arrived.</summary>
internal static class Seed
{
    public const int MessagesPerSession = 50;

    public static void Fill(string path, int sessions)
    {
        using var connection = new SqliteConnection($"Data Source={path};Pooling=false");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandTimeout = 0;
        command.CommandText =
            $"""
            PRAGMA synchronous = OFF;
            BEGIN;
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {sessions})
            INSERT INTO sessions (id, session_key, channel, chat_id, message_count, token_correction, version, inserted_at, updated_at)
            SELECT i, 'bench:' || i, 'bench', i, {MessagesPerSession}, 1.0, 0, 0, 0 FROM n;
            WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {sessions * MessagesPerSession})
            INSERT INTO messages (id, session_id, role, content, token_count, inserted_at)
            SELECT 2 * ((i / 2) + 1) + (i % 2), ((i / 2) % {sessions}) + 1, iif(i % 2, 'assistant', 'user'), printf('%.*c', 200, 'x'), 50, 0 FROM n;
            INSERT INTO sqlite_sequence (name, seq) VALUES ('turns', {sessions * MessagesPerSession});
            COMMIT;
            PRAGMA optimize;
            PRAGMA wal_checkpoint(TRUNCATE);
            """;
        command.ExecuteNonQuery();
    }
}
