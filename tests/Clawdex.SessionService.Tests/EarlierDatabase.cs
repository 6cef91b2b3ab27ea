using Clawdex.SessionService.Storage;
using Microsoft.EntityFrameworkCore;

namespace Clawdex.SessionService.Tests;

/// <summary>A SQLite database as an earlier version of Clawdex left it: chat 12345 with an answer, and with a question whose answer was under way.</summary>
internal static class EarlierDatabase
{
    /// <summary>Oldest first; each of them may be somebody's database.</summary>
    public static IReadOnlyList<string> Migrations
    {
        get
        {
            using var db = Open(":memory:");
            return [.. db.Database.GetMigrations().SkipLast(1)];
        }
    }

    public static IReadOnlyList<string> Texts { get; } = ["Who are you?", "Clawdex.", "And since when?"];

    /// <summary>Of the question without an answer.</summary>
    public const long OpenTurn = 2;

    /// <param name="path">The new file.</param>
    /// <param name="migration">The version's last migration.</param>
    public static async Task CreateAsync(string path, string migration, CancellationToken cancellationToken)
    {
        await using var db = Open(path);
        await db.Database.MigrateAsync(migration, cancellationToken);
        await db.Database.ExecuteSqlRawAsync(
            """
            INSERT INTO sessions (id, session_key, channel, chat_id, message_count, inserted_at, updated_at)
            VALUES (1, 'telegram:12345', 'telegram', '12345', 3, 1767225600000, 1767225600000);
            INSERT INTO turns (id, session_id, source_id, state, origin_message_id, reply_message_ids, finish_reason, prompt_tokens, completion_tokens, detached, accepted_at, answered_at, settled_at)
            VALUES (1, 1, 'earlier-1', 'delivered', 7, '[8]', 'stop', 1, 2, 0, 1767225600000, 1767225600000, 1767225600000),
                (2, 1, 'earlier-2', 'streaming', 9, '[10]', 'unknown', 0, 0, 0, 1767225600000, NULL, NULL);
            INSERT INTO messages (id, session_id, role, content, token_count, source_id, inserted_at)
            VALUES (2, 1, 'user', 'Who are you?', 3, 'earlier-1', 1767225600000), (3, 1, 'assistant', 'Clawdex.', 2, NULL, 1767225600000),
                (4, 1, 'user', 'And since when?', 4, 'earlier-2', 1767225600000);
            """,
            cancellationToken);
    }

    private static SessionDbContext Open(string path) => new(new DbContextOptionsBuilder<SessionDbContext>().UseSqlite($"Data Source={path};Pooling=False").Options);
}
