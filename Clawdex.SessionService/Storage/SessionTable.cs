using Clawdex.SessionService.Model;
using Microsoft.Data.Sqlite;

namespace Clawdex.SessionService.Storage;

/// <summary>The writer's statements on <c>sessions</c>.</summary>
internal sealed class SessionTable(SqliteConnection connection, TimeProvider time) : IDisposable
{
    private const string Columns =
        "id, session_key, channel, chat_id, model_override, message_count, token_correction, version, inserted_at, updated_at";

    private readonly Statement _find = new(connection, $"SELECT {Columns} FROM sessions WHERE session_key = $1");

    private readonly Statement _get = new(connection, $"SELECT {Columns} FROM sessions WHERE id = $1");

    private readonly Statement _ofChat = new(connection, $"SELECT {Columns} FROM sessions WHERE channel = $1 AND chat_id = $2 ORDER BY id");

    private readonly Statement _insert = new(connection,
        """
        INSERT INTO sessions (session_key, channel, chat_id, message_count, token_correction, version, inserted_at, updated_at)
        VALUES ($1, $2, $3, 0, 1.0, 0, $4, $4) RETURNING id
        """);

    private readonly Statement _update = new(connection,
        """
        UPDATE sessions SET session_key = $3, chat_id = $4, model_override = $5, message_count = $6, token_correction = $7,
          inserted_at = $8, updated_at = $9, version = version + 1
        WHERE id = $1 AND version = $2
        """);

    private readonly Statement _delete = new(connection, "DELETE FROM sessions WHERE id = $1 AND version = $2");

    /// <summary>All of them: what is disposed, and what a test asks SQLite to explain.</summary>
    public Statement[] Statements => [_find, _get, _ofChat, _insert, _update, _delete];

    public Session? Find(string sessionKey) => _find.First(Read, sessionKey);

    /// <summary>A session that another row refers to.</summary>
    public Session Get(long id) =>
        _get.First(Read, id) ?? throw new InvalidDataException("The database holds a row of a session that it does not hold.");

    /// <summary>The chat's session and those of its forum topics.</summary>
    public IReadOnlyList<Session> OfChat(string channel, string chatId) => _ofChat.All(Read, channel, chatId);

    public Session Insert(string sessionKey, string channel, string chatId)
    {
        var now = time.GetUtcNow();
        return new Session
        {
            Id = _insert.Scalar(sessionKey, channel, chatId, now.ToUnixTimeMilliseconds()),
            SessionKey = sessionKey,
            Channel = channel,
            ChatId = chatId,
            InsertedAt = now,
            UpdatedAt = now,
        };
    }

    /// <summary>Writes the columns that can change, and answers the row as it is now: one version on.</summary>
    /// <exception cref="ConcurrentChangeException">Another process changed the row since it was read.</exception>
    public Session Update(Session row)
    {
        var now = time.GetUtcNow();
        var changed = _update.Execute(
            row.Id, row.Version, row.SessionKey, row.ChatId, row.ModelOverride, row.MessageCount, row.TokenCorrection,
            row.InsertedAt.ToUnixTimeMilliseconds(), now.ToUnixTimeMilliseconds());
        return changed == 1 ? row with { Version = row.Version + 1, UpdatedAt = now } : throw new ConcurrentChangeException();
    }

    /// <exception cref="ConcurrentChangeException">Another process changed the row since it was read.</exception>
    public void Delete(Session row)
    {
        if (_delete.Execute(row.Id, row.Version) != 1)
            throw new ConcurrentChangeException();
    }

    public void Dispose()
    {
        foreach (var statement in Statements)
            statement.Dispose();
    }

    private static Session Read(SqliteDataReader reader) => new()
    {
        Id = reader.GetInt64(0),
        SessionKey = reader.GetString(1),
        Channel = reader.GetString(2),
        ChatId = reader.GetString(3),
        ModelOverride = reader.IsDBNull(4) ? null : reader.GetString(4),
        MessageCount = reader.GetInt32(5),
        TokenCorrection = reader.GetDouble(6),
        Version = reader.GetInt64(7),
        InsertedAt = DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(8)),
        UpdatedAt = DateTimeOffset.FromUnixTimeMilliseconds(reader.GetInt64(9)),
    };
}
