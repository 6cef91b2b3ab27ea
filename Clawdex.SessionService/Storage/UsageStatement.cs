using System.Data.Common;
using System.Diagnostics;
using Clawdex.SessionService.Model;
using Microsoft.EntityFrameworkCore;

namespace Clawdex.SessionService.Storage;

/// <summary>
/// Adds to a user's day and to everybody's, by one statement that the database parses once; SQLite and PostgreSQL both know it.
/// </summary>
internal sealed class UsageStatement
{
    private readonly DbCommand _add;
    private readonly DbParameter _day, _user, _tokens;

    public UsageStatement(SessionDbContext db)
    {
        var entity = db.Model.FindEntityType(typeof(Usage)) ?? throw new UnreachableException();
        _add = db.Database.GetDbConnection().CreateCommand();
        _add.CommandText = $"""
            INSERT INTO usage (day, user_id, tokens) VALUES (@day, @user, @tokens), (@day, {Usage.Everybody}, @tokens)
            ON CONFLICT (day, user_id) DO UPDATE SET tokens = usage.tokens + excluded.tokens RETURNING user_id, tokens
            """;
        (_day, _user, _tokens) = (Bind(nameof(Usage.Day), "@day"), Bind(nameof(Usage.UserId), "@user"), Bind(nameof(Usage.Tokens), "@tokens"));

        DbParameter Bind(string property, string name)
        {
            var mapping = (entity.FindProperty(property) ?? throw new UnreachableException()).GetRelationalTypeMapping();
            var parameter = mapping.CreateParameter(_add, name, null);
            _add.Parameters.Add(parameter);
            return parameter;
        }
    }

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
}
