using Clawdex.SessionService.Model;
using Clawdex.SessionService.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Clawdex.SessionService.Turns;

/// <summary>
/// Deletes what was settled longer ago than <c>sessions:retainDays</c>: turns with their messages, and summaries of that age; without
/// that setting, never. And the usage of days that nothing is charged to any more. Every hour, in small transactions that other
/// writes go between.
/// </summary>
/// <remarks>
/// The shortest time to retain is a day, and Telegram keeps an update for no longer: what is deleted here cannot be delivered
/// again. Ids grow with time, so what is old is found at the beginning of a table and nothing else is read.
/// </remarks>
internal sealed class Retention(
    ISessionWriter writer, SessionReader reader, IOptions<SessionsOptions> options, TimeProvider time, ILogger<Retention> logger) : BackgroundService
{
    /// <summary>Rows of one transaction.</summary>
    private const int BatchSize = 200;

    /// <summary>The same of usage, whose rows are small and no session's.</summary>
    private const int UsageBatchSize = 1000;

    private static readonly TimeSpan Interval = TimeSpan.FromHours(1);

    /// <summary>Deletes what is too old by now.</summary>
    public async Task DeleteAsync(CancellationToken cancellationToken)
    {
        await DeleteUsageAsync(cancellationToken);
        if (options.Value.RetainDays is > 0 and var days)
            await DeleteAsync(time.GetUtcNow() - TimeSpan.FromDays(days), cancellationToken);
    }

    /// <summary>Deletes what was settled before that time.</summary>
    public async Task DeleteAsync(DateTimeOffset before, CancellationToken cancellationToken)
    {
        for (long? last = 0; last is { } after;)
            last = await writer.WriteAsync(transaction => DeleteTurnsAsync(transaction, after, before), cancellationToken);
        for (long? last = 0; last is { } after;)
            last = await writer.WriteAsync(transaction => DeleteCompactionsAsync(transaction, after, before), cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        // Usage alone can wait: a start has enough to do.
        if (options.Value.RetainDays == 0)
            await timer.WaitForNextTickAsync(stoppingToken);
        do
        {
            try
            {
                await DeleteAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                // What is kept for too long must not end a service that can do all else.
                logger.UpkeepFailed(exception.GetType().Name, DatabaseErrors.CodeOf(exception));
            }
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    /// <summary>A day may have a row for each of millions of users: no message waits for all of them to go.</summary>
    private async Task DeleteUsageAsync(CancellationToken cancellationToken)
    {
        var firstKept = UsageLedger.FirstDayKept(time.GetUtcNow());
        // Looks before it writes: nearly always there is nothing.
        while (await reader.QueryAsync(
            db => db.Usage.Where(row => row.Day < firstKept).OrderBy(row => row.Day).Select(row => (DateOnly?)row.Day).FirstOrDefaultAsync(cancellationToken)) is { } day)
        {
            for (long? next = long.MinValue; next is { } least;)
                next = await writer.WriteAsync(transaction => DeleteUsageAsync(transaction.Db, day, least), cancellationToken);
        }
    }

    /// <param name="least">Users with a smaller id are gone.</param>
    /// <returns>Where to go on; null = the day is gone.</returns>
    private static async Task<long?> DeleteUsageAsync(SessionDbContext db, DateOnly day, long least)
    {
        var users = await db.Usage.Where(row => row.Day == day && row.UserId >= least).OrderBy(row => row.UserId).Select(row => row.UserId).Take(UsageBatchSize).ToListAsync();
        if (users.Count == 0)
            return null;
        var last = users[^1];
        await db.Usage.Where(row => row.Day == day && row.UserId >= least && row.UserId <= last).ExecuteDeleteAsync();
        return users.Count == UsageBatchSize ? last + 1 : null;
    }

    /// <returns>The last id that was looked at; null = nothing behind it is old.</returns>
    private static async Task<long?> DeleteTurnsAsync(WriteTransaction transaction, long after, DateTimeOffset before)
    {
        var db = transaction.Db;
        var next = await db.Turns.AsNoTracking().Where(turn => turn.Id > after).OrderBy(turn => turn.Id).Take(BatchSize)
            .Select(turn => new { turn.Id, turn.SessionId, turn.AcceptedAt, turn.SettledAt }).ToListAsync();
        var old = next.TakeWhile(turn => turn.AcceptedAt < before).ToList();
        foreach (var group in old.Where(turn => turn.SettledAt < before).GroupBy(turn => turn.SessionId, turn => turn.Id))
        {
            // Whoever moved the chat meanwhile took these along: the next hour finds them there.
            if (await db.Sessions.SingleOrDefaultAsync(row => row.Id == group.Key) is not { } session)
                continue;
            var turns = group.ToList();
            var messages = turns.SelectMany(id => new[] { Message.IdOfUser(id), Message.IdOfAssistant(id) }).ToList();
            var counted = await db.Messages.CountAsync(message => messages.Contains(message.Id) && message.TakenBackBy == null);
            await db.Messages.Where(message => messages.Contains(message.Id)).ExecuteDeleteAsync();
            await db.Turns.Where(turn => turns.Contains(turn.Id)).ExecuteDeleteAsync();
            await ErasedAsync(transaction, session, counted);
        }

        return old.Count == BatchSize ? old[^1].Id : null;
    }

    /// <summary>The messages that such a summary stands for are older still, and gone.</summary>
    /// <returns>As above.</returns>
    private static async Task<long?> DeleteCompactionsAsync(WriteTransaction transaction, long after, DateTimeOffset before)
    {
        var db = transaction.Db;
        var next = await db.Compactions.AsNoTracking().Where(compaction => compaction.Id > after).OrderBy(compaction => compaction.Id).Take(BatchSize)
            .Select(compaction => new { compaction.Id, compaction.SessionId, compaction.InsertedAt }).ToListAsync();
        var old = next.TakeWhile(compaction => compaction.InsertedAt < before).ToList();
        foreach (var group in old.GroupBy(compaction => compaction.SessionId, compaction => compaction.Id))
        {
            // Whoever moved the chat meanwhile took these along: the next hour finds them there.
            if (await db.Sessions.SingleOrDefaultAsync(row => row.Id == group.Key) is not { } session)
                continue;
            var compactions = group.ToList();
            await db.Compactions.Where(compaction => compactions.Contains(compaction.Id)).ExecuteDeleteAsync();
            await ErasedAsync(transaction, session, messages: 0);
        }

        return old.Count == BatchSize ? old[^1].Id : null;
    }

    /// <param name="session">As it was before anything was counted: its version tells whether somebody else deletes the same.</param>
    private static async Task ErasedAsync(WriteTransaction transaction, Session session, int messages)
    {
        session.MessageCount -= messages;
        transaction.Erased();
        await transaction.SaveAsync(session);
    }
}
