using System.Text.Json;
using Clawdex.SessionService.Model;
using Microsoft.Data.Sqlite;

namespace Clawdex.SessionService.Storage;

/// <summary>The writer's statements on <c>turns</c>.</summary>
internal sealed class TurnTable(SqliteConnection connection) : IDisposable
{
    private const string Columns =
        """
        id, session_id, source_id, state, origin_message_id, reply_message_ids, finish_reason, error, detail, model, prompt_tokens,
        completion_tokens, trace_parent, detached, detached_user_text, detached_answer_text, accepted_at, answered_at, settled_at
        """;

    private readonly Statement _find = new(connection, $"SELECT {Columns} FROM turns WHERE id = $1");

    private readonly Statement _findBySource = new(connection, $"SELECT {Columns} FROM turns WHERE session_id = $1 AND source_id = $2");

    private readonly Statement _findForgotten = new(connection,
        $"SELECT {Columns} FROM turns WHERE session_id = (SELECT id FROM sessions WHERE session_key = '{Session.ForgottenKey}') AND source_id = $1");

    private readonly Statement _open = new(connection,
        $"SELECT {Columns} FROM turns WHERE session_id = $1 AND settled_at IS NULL ORDER BY id");

    private readonly Statement _insert = new(connection,
        """
        INSERT INTO turns (session_id, source_id, state, origin_message_id, reply_message_ids, finish_reason, prompt_tokens,
          completion_tokens, trace_parent, detached, accepted_at, settled_at)
        VALUES ($1, $2, $3, $4, '[]', 'unknown', 0, 0, $5, 0, $6, $7) RETURNING id
        """);

    private readonly Statement _update = new(connection,
        """
        UPDATE turns SET state = $3, reply_message_ids = $4, finish_reason = $5, error = $6, detail = $7, model = $8,
          prompt_tokens = $9, completion_tokens = $10, detached = $11, detached_user_text = $12, detached_answer_text = $13,
          answered_at = $14, settled_at = $15
        WHERE id = $1 AND state = $2
        """);

    private readonly Statement _after = new(connection, $"SELECT {Columns} FROM turns WHERE id > $1 ORDER BY id LIMIT $2");

    private readonly Statement _delete = new(connection, "DELETE FROM turns WHERE id = $1");

    private readonly Statement _deleteSettled = new(connection, "DELETE FROM turns WHERE session_id = $1 AND settled_at < $2");

    private readonly Statement _forget = new(connection,
        """
        UPDATE OR IGNORE turns SET session_id = $2, origin_message_id = 0, reply_message_ids = '[]', finish_reason = 'unknown', error = NULL,
          detail = NULL, model = NULL, prompt_tokens = 0, completion_tokens = 0, trace_parent = NULL, detached = 0,
          detached_user_text = NULL, detached_answer_text = NULL
        WHERE session_id = $1
        """);

    private readonly Statement _move = new(connection, "UPDATE OR IGNORE turns SET session_id = $2 WHERE session_id = $1");

    /// <summary>All of them: what is disposed, and what a test asks SQLite to explain.</summary>
    public Statement[] Statements => [_find, _findBySource, _findForgotten, _open, _insert, _update, _after, _delete, _deleteSettled, _forget, _move];

    public Turn? Find(long id) => _find.First(Read, id);

    public Turn? FindBySource(long sessionId, string sourceId) => _findBySource.First(Read, sessionId, sourceId);

    /// <summary>The turn of that update in a session that was forgotten since.</summary>
    public Turn? FindForgotten(string sourceId) => _findForgotten.First(Read, sourceId);

    /// <summary>The session's turns that are not settled, oldest first.</summary>
    public IReadOnlyList<Turn> Open(long sessionId) => _open.All(Read, sessionId);

    /// <summary>Stores a new turn and answers it with its id.</summary>
    public Turn Insert(Turn row) => row with
    {
        Id = _insert.Scalar(
            row.SessionId, row.SourceId, ColumnText.Of(row.State), row.OriginMessageId, row.TraceParent,
            row.AcceptedAt.ToUnixTimeMilliseconds(), row.SettledAt?.ToUnixTimeMilliseconds()),
    };

    /// <summary>Writes the columns that can change, if the turn is still as it was in <paramref name="before"/>.</summary>
    /// <exception cref="ConcurrentChangeException">Another process changed the row since it was read.</exception>
    public void Update(Turn before, Turn after)
    {
        var changed = _update.Execute(
            before.Id, ColumnText.Of(before.State), ColumnText.Of(after.State), ToJson(after.ReplyMessageIds),
            ColumnText.Of(after.FinishReason), after.Error, after.Detail, after.Model, after.PromptTokens, after.CompletionTokens,
            after.Detached, after.DetachedUserText, after.DetachedAnswerText, after.AnsweredAt?.ToUnixTimeMilliseconds(),
            after.SettledAt?.ToUnixTimeMilliseconds());
        if (changed != 1)
            throw new ConcurrentChangeException();
    }

    /// <summary>The oldest turns of all sessions behind <paramref name="id"/>, oldest first.</summary>
    public IReadOnlyList<Turn> After(long id, int count) => _after.All(Read, id, count);

    public void Delete(long id) => _delete.Execute(id);

    /// <summary>Deletes the session's turns that were settled before that time.</summary>
    public void DeleteSettled(long sessionId, DateTimeOffset before) => _deleteSettled.Execute(sessionId, before.ToUnixTimeMilliseconds());

    /// <summary>Moves the session's turns to the one of the forgotten, without all that tells what they were.</summary>
    public void Forget(long fromSessionId, long forgottenSessionId) => _forget.Execute(fromSessionId, forgottenSessionId);

    public void Move(long fromSessionId, long toSessionId) => _move.Execute(fromSessionId, toSessionId);

    public void Dispose()
    {
        foreach (var statement in Statements)
            statement.Dispose();
    }

    private static string ToJson(long[] ids) => JsonSerializer.Serialize(ids, ColumnJson.Default.Int64Array);

    private static Turn Read(SqliteDataReader reader) => new()
    {
        Id = reader.GetInt64(0),
        SessionId = reader.GetInt64(1),
        SourceId = reader.GetString(2),
        State = ColumnText.ToTurnState(reader.GetString(3)),
        OriginMessageId = reader.GetInt64(4),
        ReplyMessageIds = JsonSerializer.Deserialize(reader.GetString(5), ColumnJson.Default.Int64Array) ?? [],
        FinishReason = ColumnText.ToFinishReason(reader.GetString(6)),
        Error = Text(reader, 7),
        Detail = Text(reader, 8),
        Model = Text(reader, 9),
        PromptTokens = reader.GetInt32(10),
        CompletionTokens = reader.GetInt32(11),
        TraceParent = Text(reader, 12),
        Detached = reader.GetBoolean(13),
        DetachedUserText = Text(reader, 14),
        DetachedAnswerText = Text(reader, 15),
        AcceptedAt = DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(16)),
        AnsweredAt = Time(reader, 17),
        SettledAt = Time(reader, 18),
    };

    private static string? Text(SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);

    private static DateTimeOffset? Time(SqliteDataReader reader, int column) =>
        reader.IsDBNull(column) ? null : DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(column));
}
