using System.Globalization;
using Clawdex.SessionService.Model;
using Clawdex.SessionService.Storage;
using Microsoft.EntityFrameworkCore;

namespace Clawdex.SessionService.Turns;

/// <summary>Who may use the bot. Each change is one transaction, may be repeated, and answers everybody who is in afterwards.</summary>
internal sealed class PeopleRegistry(ISessionWriter writer, SessionReader reader)
{
    public Task<List<Person>> ListAsync(CancellationToken cancellationToken) => reader.ReadAsync(AllAsync, cancellationToken);

    /// <summary>Makes somebody the owner, unless somebody is.</summary>
    public Task<List<Person>> ClaimAsync(long userId, CancellationToken cancellationToken) =>
        writer.WriteAsync(transaction => ClaimAsync(transaction, userId), cancellationToken);

    public Task<List<Person>> AddAsync(long userId, long addedBy, CancellationToken cancellationToken) =>
        writer.WriteAsync(transaction => AddAsync(transaction, userId, addedBy), cancellationToken);

    /// <summary>Lets somebody out, cancels what he still waits for in his private chat, and has his answers elsewhere ended. The owner stays.</summary>
    public Task<Outcome<List<Person>>> RemoveAsync(long userId, CancellationToken cancellationToken) =>
        writer.WriteAsync(transaction => RemoveAsync(transaction, userId), cancellationToken);

    private static async Task<List<Person>> ClaimAsync(WriteTransaction transaction, long userId)
    {
        var db = transaction.Db;
        if (!await db.People.AnyAsync(person => person.Role == PersonRole.Owner))
        {
            if (await db.People.SingleOrDefaultAsync(person => person.UserId == userId) is { } known)
                known.Role = PersonRole.Owner;
            else
                db.People.Add(new Person { UserId = userId, Role = PersonRole.Owner, AddedAt = transaction.Now });
            await db.SaveChangesAsync();
        }

        return await AllAsync(db);
    }

    private static async Task<List<Person>> AddAsync(WriteTransaction transaction, long userId, long addedBy)
    {
        var db = transaction.Db;
        if (!await db.People.AnyAsync(person => person.UserId == userId))
        {
            db.People.Add(new Person { UserId = userId, Role = PersonRole.Allowed, AddedAt = transaction.Now, AddedBy = addedBy });
            await db.SaveChangesAsync();
        }

        return await AllAsync(db);
    }

    private static async Task<Outcome<List<Person>>> RemoveAsync(WriteTransaction transaction, long userId)
    {
        var db = transaction.Db;
        if (await db.People.AnyAsync(person => person.UserId == userId && person.Role == PersonRole.Owner))
            return new Refusal(RefusalKind.NotAllowed, "The owner cannot be removed.");

        await db.People.Where(person => person.UserId == userId).ExecuteDeleteAsync();
        // A private chat has its user's number.
        var chatId = userId.ToString(CultureInfo.InvariantCulture);
        foreach (var session in await db.Sessions.Where(session => session.ChatId == chatId).ToListAsync())
            await TurnOwners.CancelOpenAsync(transaction, session);
        // In groups others may wait behind them: the gateway that answers ends them, and hands over what waits.
        await db.Turns.Where(turn => turn.UserId == userId && turn.SettledAt == null)
            .ExecuteUpdateAsync(turn => turn.SetProperty(row => row.StopRequested, true));
        return await AllAsync(db);
    }

    private static Task<List<Person>> AllAsync(SessionDbContext db) =>
        db.People.AsNoTracking().OrderBy(person => person.AddedAt).ThenBy(person => person.UserId).ToListAsync();
}
