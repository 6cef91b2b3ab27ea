using System.Data.Common;
using System.Diagnostics;
using Clawdex.SessionService.Model;
using Microsoft.EntityFrameworkCore;

namespace Clawdex.SessionService.Storage;

/// <summary>
/// What charging a turn asks of the database, in two statements that it parses once; SQLite and PostgreSQL both know them. As a
/// part of Entity Framework's query for the session, the sum alone cost a third of what accepting a message does.
/// </summary>
internal sealed class UsageStatements
{
    private readonly DbCommand _add, _sum;
    private readonly DbParameter _day, _user, _tokens, _session, _count;

    public UsageStatements(SessionDbContext db)
    {
        var connection = db.Database.GetDbConnection();
        (_add, _sum) = (connection.CreateCommand(), connection.CreateCommand());
        _add.CommandText = $"""
            INSERT INTO usage (day, user_id, tokens) VALUES (@day, @user, @tokens), (@day, {Usage.Everybody}, @tokens)
            ON CONFLICT (day, user_id) DO UPDATE SET tokens = usage.tokens + excluded.tokens RETURNING user_id, tokens
            """;
        (_day, _user, _tokens) = (Bind<Usage>(_add, nameof(Usage.Day), "@day"), Bind<Usage>(_add, nameof(Usage.UserId), "@user"), Bind<Usage>(_add, nameof(Usage.Tokens), "@tokens"));
        _sum.CommandText = """
            SELECT coalesce(sum(token_count), 0)
            FROM (SELECT token_count FROM messages WHERE session_id = @session AND taken_back_by IS NULL ORDER BY id DESC LIMIT @count) AS newest
            """;
        (_session, _count) = (Bind<Message>(_sum, nameof(Message.SessionId), "@session"), Bind<Message>(_sum, nameof(Message.TokenCount), "@count"));

        DbParameter Bind<T>(DbCommand command, string property, string name)
        {
            var mapping = (db.Model.FindEntityType(typeof(T))?.FindProperty(property) ?? throw new UnreachableException()).GetRelationalTypeMapping();
            var parameter = mapping.CreateParameter(command, name, null);
            command.Parameters.Add(parameter);
            return parameter;
        }
    }

    /// <summary>Adds to a user's day, and to everybody's.</summary>
    /// <returns>What they have then.</returns>
    public async Task<TokensUsed> AddAsync(DateOnly day, long userId, long tokens)
    {
        (_day.Value, _user.Value, _tokens.Value) = (day, userId, tokens);
        var (ofUser, ofAll) = (0L, 0L);
        await using var rows = await _add.ExecuteReaderAsync();
        while (await rows.ReadAsync())
        {
            if (rows.GetInt64(0) == Usage.Everybody)
                ofAll = rows.GetInt64(1);
            else
                ofUser = rows.GetInt64(1);
        }

        return new TokensUsed(ofUser, ofAll);
    }

    /// <summary>The tokens of a session's newest messages, by chars / 4.</summary>
    public async Task<long> SumOfNewestAsync(long sessionId, int count)
    {
        (_session.Value, _count.Value) = (sessionId, count);
        return await _sum.ExecuteScalarAsync() is long sum ? sum : throw new UnreachableException();
    }
}
