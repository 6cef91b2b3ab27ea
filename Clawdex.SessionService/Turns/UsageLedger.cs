using Clawdex.SessionService.Model;
using Clawdex.SessionService.Storage;
using Microsoft.EntityFrameworkCore;

namespace Clawdex.SessionService.Turns;

/// <summary>
/// What users are charged for a day's turns. A turn's charge is one number, which its row has and which is part of its day's
/// usage: reserved when it is accepted, set when it is settled, and never added twice, because it is set and not added to.
/// </summary>
internal sealed class UsageLedger(ISessionWriter writer, SessionReader reader, TimeProvider time)
{
    /// <summary>A turn that is open for longer than this has outlived its day's usage.</summary>
    private const int DaysKept = 2;

    /// <summary>What was charged and reserved today.</summary>
    public Task<TokensUsed> GetAsync(long userId, CancellationToken cancellationToken)
    {
        var today = DayOf(time.GetUtcNow());
        return reader.ReadAsync(
            async db =>
            {
                var rows = await db.Usage.Where(row => row.Day == today && (row.UserId == userId || row.UserId == Usage.Everybody)).ToListAsync(cancellationToken);
                // On a day without a limit for everybody nobody has counted.
                var ofAll = rows.Find(row => row.UserId == Usage.Everybody)?.Tokens
                    ?? await db.Usage.Where(row => row.Day == today).SumAsync(row => row.Tokens, cancellationToken);
                return new TokensUsed(rows.Find(row => row.UserId == userId)?.Tokens ?? 0, ofAll);
            },
            cancellationToken);
    }

    /// <summary>Sets what a turn is charged, whatever its state.</summary>
    public Task<Outcome<bool>> ChargeAsync(long turnId, Charge charge, string gateway, CancellationToken cancellationToken) =>
        writer.WriteAsync(
            async transaction =>
            {
                if (await transaction.Db.Turns.SingleOrDefaultAsync(row => row.Id == turnId) is not { } turn)
                    return new Refusal(RefusalKind.NotFound, $"There is no turn {turnId}.");
                if (!turn.IsFor(gateway))
                    return new Refusal(RefusalKind.NotOwner, $"Another gateway answers turn {turnId}.");
                await ChargeAsync(transaction, turn, charge);
                await transaction.Db.SaveChangesAsync();
                return (Outcome<bool>)true;
            },
            cancellationToken);

    /// <summary>Notes that somebody is told how much of today's budget is used. False = it was noted before, or more was.</summary>
    public Task<bool> NoteToldAsync(long userId, int percent, CancellationToken cancellationToken) =>
        writer.WriteAsync(
            async transaction =>
            {
                var today = DayOf(transaction.Now);
                return await transaction.Db.Usage.Where(row => row.Day == today && row.UserId == userId && row.ToldPercent < percent)
                    .ExecuteUpdateAsync(row => row.SetProperty(usage => usage.ToldPercent, percent)) > 0;
            },
            cancellationToken);

    public static DateOnly DayOf(DateTimeOffset time) => DateOnly.FromDateTime(time.UtcDateTime);

    /// <summary>Usage of an earlier day is of no more use.</summary>
    public static DateOnly FirstDayKept(DateTimeOffset now) => DayOf(now).AddDays(1 - DaysKept);

    /// <summary>Reserves what asking a model for this text, behind the session's history, may cost today, unless the budget is spent.</summary>
    /// <param name="session">Null = it has no history yet.</param>
    /// <returns>What that is, and what was used before; by all, only where that is limited.</returns>
    public static async Task<(long Tokens, TokensUsed Before)> ReserveAsync(WriteTransaction transaction, Budget budget, Session? session, string text)
    {
        var history = session is null ? 0 : await transaction.Usage.SumOfNewestAsync(session.Id, budget.MaxHistoryMessages);
        var tokens = (long)TokenEstimate.Correct(history + TokenEstimate.Of(text), session?.TokenCorrection ?? 1) + budget.ReserveTokens;
        var day = DayOf(transaction.Now);
        var before = await transaction.Usage.AddAsync(day, budget.UserId, tokens, budget.TotalLimit);
        if (budget.IsSpent(before))
            await transaction.Usage.AddAsync(day, budget.UserId, -tokens);
        return (tokens, before);
    }

    /// <summary>Sets what a turn is charged; null = what is reserved stands. The turn itself is to be saved by the caller.</summary>
    public static async Task ChargeAsync(WriteTransaction transaction, Turn turn, Charge? charge)
    {
        if (charge is null)
            return;
        // A gateway that was killed has told what it knew; the next one begins with nothing.
        turn.CostMicrodollars = Math.Max(turn.CostMicrodollars, charge.CostMicrodollars);
        if (turn.UserId == 0 || charge.Tokens == turn.Tokens)
            return;
        await transaction.Usage.AddAsync(DayOf(turn.AcceptedAt), turn.UserId, charge.Tokens - turn.Tokens);
        turn.Tokens = charge.Tokens;
    }
}
