using Clawdex.SessionService.Model;
using Microsoft.Data.Sqlite;

namespace Clawdex.SessionService.Storage;

/// <summary>The writer's statements on <c>compactions</c>.</summary>
internal sealed class CompactionTable(SqliteConnection connection) : IDisposable
{
    private const string Columns = "id, session_id, summary, token_count, first_message_id, last_message_id, inserted_at, undone_at";

    private readonly Statement _latest = new(connection,
        $"SELECT {Columns} FROM compactions WHERE session_id = $1 ORDER BY id DESC LIMIT 1");

    private readonly Statement _inForce = new(connection,
        $"SELECT {Columns} FROM compactions WHERE session_id = $1 AND undone_at IS NULL ORDER BY id DESC LIMIT 1");

    private readonly Statement _insert = new(connection,
        """
        INSERT INTO compactions (session_id, summary, token_count, first_message_id, last_message_id, inserted_at)
        VALUES ($1, $2, $3, $4, $5, $6) RETURNING id
        """);

    private readonly Statement _undo = new(connection, "UPDATE compactions SET undone_at = $2 WHERE id = $1 AND undone_at IS NULL");

    private readonly Statement _after = new(connection, $"SELECT {Columns} FROM compactions WHERE id > $1 ORDER BY id LIMIT $2");

    private readonly Statement _deleteOne = new(connection, "DELETE FROM compactions WHERE id = $1");

    private readonly Statement _delete = new(connection, "DELETE FROM compactions WHERE session_id = $1");

    private readonly Statement _move = new(connection, "UPDATE compactions SET session_id = $2 WHERE session_id = $1");

    /// <summary>All of them: what is disposed, and what a test asks SQLite to explain.</summary>
    public Statement[] Statements => [_latest, _inForce, _insert, _undo, _after, _deleteOne, _delete, _move];

    /// <summary>The newest one, even if it was undone.</summary>
    public Compaction? Latest(long sessionId) => _latest.First(Read, sessionId);

    /// <summary>The newest one that was not undone: its summary begins the context.</summary>
    public Compaction? InForce(long sessionId) => _inForce.First(Read, sessionId);

    public Compaction Insert(Compaction row) => row with
    {
        Id = _insert.Scalar(
            row.SessionId, row.Summary, row.TokenCount, row.FirstMessageId, row.LastMessageId,
            row.InsertedAt.ToUnixTimeMilliseconds()),
    };

    public void Undo(long id, DateTimeOffset at) => _undo.Execute(id, at.ToUnixTimeMilliseconds());

    /// <summary>The oldest compactions of all sessions behind <paramref name="id"/>, oldest first.</summary>
    public IReadOnlyList<Compaction> After(long id, int count) => _after.All(Read, id, count);

    public void Delete(long id) => _deleteOne.Execute(id);

    public void DeleteAll(long sessionId) => _delete.Execute(sessionId);

    public void Move(long fromSessionId, long toSessionId) => _move.Execute(fromSessionId, toSessionId);

    public void Dispose()
    {
        foreach (var statement in Statements)
            statement.Dispose();
    }

    private static Compaction Read(SqliteDataReader reader) => new()
    {
        Id = reader.GetInt64(0),
        SessionId = reader.GetInt64(1),
        Summary = reader.GetString(2),
        TokenCount = reader.GetInt32(3),
        FirstMessageId = reader.GetInt64(4),
        LastMessageId = reader.GetInt64(5),
        InsertedAt = DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(6)),
        UndoneAt = reader.IsDBNull(7) ? null : DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(7)),
    };
}
