using Clawdex.SessionService.Model;
using Microsoft.Data.Sqlite;

namespace Clawdex.SessionService.Storage;

/// <summary>The writer's statements on <c>messages</c>.</summary>
internal sealed class MessageTable(SqliteConnection connection) : IDisposable
{
    private const string Columns = "id, session_id, role, content, token_count, source_id, inserted_at";

    private readonly Statement _get = new(connection, $"SELECT {Columns} FROM messages WHERE id = $1");

    private readonly Statement _insert = new(connection, $"INSERT INTO messages ({Columns}) VALUES ($1, $2, $3, $4, $5, $6, $7)");

    private readonly Statement _first = new(connection,
        $"SELECT {Columns} FROM messages WHERE session_id = $1 AND id > $2 ORDER BY id LIMIT 1");

    private readonly Statement _count = new(connection, "SELECT count(*) FROM messages WHERE session_id = $1 AND id > $2");

    private readonly Statement _tokens = new(connection,
        "SELECT coalesce(sum(token_count), 0) FROM messages WHERE session_id = $1 AND id > $2");

    private readonly Statement _delete = new(connection, "DELETE FROM messages WHERE session_id = $1");

    private readonly Statement _deleteOfTurn = new(connection, "DELETE FROM messages WHERE id IN ($1, $2)");

    private readonly Statement _move = new(connection, "UPDATE OR IGNORE messages SET session_id = $2 WHERE session_id = $1");

    /// <summary>All of them: what is disposed, and what a test asks SQLite to explain.</summary>
    public Statement[] Statements => [_get, _insert, _first, _count, _tokens, _delete, _deleteOfTurn, _move];

    public Message? Find(long id) => _get.First(Read, id);

    public void Insert(Message row) => _insert.Execute(
        row.Id, row.SessionId, ColumnText.Of(row.Role), row.Content, row.TokenCount, row.SourceId,
        row.InsertedAt.ToUnixTimeMilliseconds());

    /// <summary>The oldest message behind <paramref name="afterId"/>.</summary>
    public Message? FirstAfter(long sessionId, long afterId) => _first.First(Read, sessionId, afterId);

    public int CountAfter(long sessionId, long afterId) => checked((int)_count.Scalar(sessionId, afterId));

    public long TokensAfter(long sessionId, long afterId) => _tokens.Scalar(sessionId, afterId);

    public int DeleteAll(long sessionId) => _delete.Execute(sessionId);

    /// <summary>Deletes a turn's question and answer, and says how many messages those were.</summary>
    public int DeleteOfTurn(long turnId) => _deleteOfTurn.Execute(Message.IdOfUser(turnId), Message.IdOfAssistant(turnId));

    public void Move(long fromSessionId, long toSessionId) => _move.Execute(fromSessionId, toSessionId);

    public void Dispose()
    {
        foreach (var statement in Statements)
            statement.Dispose();
    }

    private static Message Read(SqliteDataReader reader) => new()
    {
        Id = reader.GetInt64(0),
        SessionId = reader.GetInt64(1),
        Role = ColumnText.ToMessageRole(reader.GetString(2)),
        Content = reader.GetString(3),
        TokenCount = reader.GetInt32(4),
        SourceId = reader.IsDBNull(5) ? null : reader.GetString(5),
        InsertedAt = DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(6)),
    };
}
