using System.Data.Common;
using System.Diagnostics;
using Clawdex.SessionService.Model;
using Microsoft.EntityFrameworkCore;

namespace Clawdex.SessionService.Storage;

/// <summary>
/// What charging a turn asks of the database, in statements that it parses once; SQLite and PostgreSQL both know them. As a
/// part of Entity Framework's query for the session, the sum alone cost a third of what accepting a message does.
/// </summary>
/// <remarks>
/// A day's row of everybody's tokens is one for all users: on PostgreSQL, whoever has written it lets all others wait until the
/// commit. So it is written last, and it is only there on a day on which a message came that has a limit for everybody.
/// </remarks>
internal sealed class UsageStatements(SessionDbContext db)
{
    // What the transaction adds to everybody's days, and whether a row was missing that is to be there.
    private readonly SortedDictionary<DateOnly, (long Tokens, long Limit, bool IsMissing)> _ofAll = [];

    // The day of everybody's row is the written row's: a statement's parameters are not known to all databases in this place.
    private DbCommand ToUser => field ??= Command(
        $"""
        INSERT INTO usage (day, user_id, tokens) VALUES (@day, @user, @tokens)
        ON CONFLICT (day, user_id) DO UPDATE SET tokens = usage.tokens + excluded.tokens
        RETURNING tokens, (SELECT everybody.tokens FROM usage AS everybody WHERE everybody.day = usage.day AND everybody.user_id = {Usage.Everybody})
        """,
        "@day", "@user", "@tokens");

    private DbCommand ToAll => field ??= Command(
        $"UPDATE usage SET tokens = tokens + @tokens WHERE day = @day AND user_id = {Usage.Everybody} RETURNING tokens",
        "@day", "@tokens");

    // Begins with what users have, this transaction's included; if another transaction began it meanwhile, only this one's is added.
    private DbCommand ToAllAnew => field ??= Command(
        $"""
        INSERT INTO usage (day, user_id, tokens)
        SELECT @day, {Usage.Everybody}, CAST(coalesce(sum(tokens), 0) AS bigint) FROM usage WHERE day = @day AND user_id <> {Usage.Everybody}
        ON CONFLICT (day, user_id) DO UPDATE SET tokens = usage.tokens + @tokens RETURNING tokens
        """,
        "@day", "@tokens");

    private DbCommand SumOfUsers => field ??= Command(
        $"SELECT CAST(coalesce(sum(tokens), 0) AS bigint) FROM usage WHERE day = @day AND user_id <> {Usage.Everybody}",
        "@day");

    private DbCommand SumOfNewest => field ??= Command(
        """
        SELECT coalesce(sum(token_count), 0)
        FROM (SELECT token_count FROM messages WHERE session_id = @session AND taken_back_by IS NULL ORDER BY id DESC LIMIT @count) AS newest
        """,
        "@session", "@count");

    /// <summary>Adds to a user's day, and lets <see cref="AddToAllAsync"/> add the same to everybody's.</summary>
    /// <param name="limit">Everybody's; 0 = none.</param>
    /// <returns>What was used before; of all 0 where nobody counts it.</returns>
    public async Task<TokensUsed> AddAsync(DateOnly day, long userId, long tokens, long limit = 0)
    {
        var (ofUser, ofAll) = await AddToUserAsync(day, userId, tokens);
        var isPending = _ofAll.TryGetValue(day, out var pending);
        if (isPending || limit > 0 || ofAll is not null)
            _ofAll[day] = (pending.Tokens + tokens, Math.Max(pending.Limit, limit), pending.IsMissing || (limit > 0 && ofAll is null));
        if (ofAll is null && limit > 0)
            ofAll = await NumberAsync(SumOfUsers, day) - tokens;
        return new TokensUsed(ofUser - tokens, ofAll ?? 0);
    }

    /// <summary>Adds to everybody's days what was added to users'. To be the last statement of the transaction.</summary>
    /// <exception cref="DbUpdateConcurrencyException">Others, whose messages came at the same time, have used the limit.</exception>
    public async Task AddToAllAsync()
    {
        foreach (var (day, (tokens, limit, isMissing)) in _ofAll)
        {
            if (tokens == 0 && !isMissing)
                continue;
            // Null = the day's row is gone: so long ago it was.
            var ofAll = await NumberAsync(isMissing ? ToAllAnew : ToAll, day, tokens);
            if (tokens > 0 && limit > 0 && ofAll - tokens >= limit)
                throw new DbUpdateConcurrencyException("Others have used everybody's tokens of the day.");
        }

        Forget();
    }

    /// <summary>What was added is rolled back.</summary>
    public void Forget() => _ofAll.Clear();

    /// <summary>The tokens of a session's newest messages, by chars / 4.</summary>
    public async Task<long> SumOfNewestAsync(long sessionId, int count) =>
        await NumberAsync(SumOfNewest, sessionId, count) ?? throw new UnreachableException();

    /// <returns>What they have then; of all null = the day has no such row.</returns>
    private async Task<(long OfUser, long? OfAll)> AddToUserAsync(DateOnly day, long userId, long tokens)
    {
        await using var rows = await With(ToUser, day, userId, tokens).ExecuteReaderAsync();
        if (!await rows.ReadAsync())
            throw new UnreachableException();
        return (rows.GetInt64(0), await rows.IsDBNullAsync(1) ? (long?)null : rows.GetInt64(1));
    }

    /// <summary>Null = there is no row.</summary>
    private static async Task<long?> NumberAsync(DbCommand command, params object[] values) => await With(command, values).ExecuteScalarAsync() as long?;

    private static DbCommand With(DbCommand command, params object[] values)
    {
        foreach (var (place, value) in values.Index())
            command.Parameters[place].Value = value;
        return command;
    }

    private DbCommand Command(string text, params ReadOnlySpan<string> parameters)
    {
        var command = db.Database.GetDbConnection().CreateCommand();
        command.CommandText = text;
        foreach (var name in parameters)
            command.Parameters.Add(Parameter(command, name));
        return command;
    }

    private DbParameter Parameter(DbCommand command, string name)
    {
        var (row, property) = name switch
        {
            "@day" => (typeof(Usage), nameof(Usage.Day)),
            "@user" => (typeof(Usage), nameof(Usage.UserId)),
            "@tokens" => (typeof(Usage), nameof(Usage.Tokens)),
            "@session" => (typeof(Message), nameof(Message.SessionId)),
            "@count" => (typeof(Message), nameof(Message.TokenCount)),
            _ => throw new UnreachableException(),
        };
        var mapping = (db.Model.FindEntityType(row)?.FindProperty(property) ?? throw new UnreachableException()).GetRelationalTypeMapping();
        return mapping.CreateParameter(command, name, null);
    }
}
