using Clawdex.SessionService.Model;
using Microsoft.EntityFrameworkCore;

namespace Clawdex.SessionService.Storage;

/// <summary>
/// What an operation of the writer works with: the database inside the running transaction, and notes of what it changed, for
/// those who must know once the transaction is durable. The writer's connection has one, for all of its transactions.
/// </summary>
internal sealed class WriteTransaction(SessionDbContext db, TimeProvider time)
{
    private static readonly Func<SessionDbContext, string, Task<Session?>> ByKey = EF.CompileAsyncQuery(
        (SessionDbContext db, string sessionKey) => db.Sessions.SingleOrDefault(session => session.SessionKey == sessionKey));

    private readonly HashSet<string> _changedSessions = [];
    private readonly List<TurnState> _entered = [];

    public SessionDbContext Db => db;

    // What each turn writes; all else is saved by the context.
    public RowStatements<Session> Sessions { get; } = new(db);

    public RowStatements<Message> Messages { get; } = new(db);

    public RowStatements<Turn> Turns { get; } = new(db);

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>The keys of the sessions whose history is no longer what it was.</summary>
    public IReadOnlyCollection<string> ChangedSessions => _changedSessions;

    /// <summary>The states that turns entered, in order.</summary>
    public IReadOnlyList<TurnState> Entered => _entered;

    /// <summary>Text was deleted, and the database's log must not keep it.</summary>
    public bool HasErased { get; private set; }

    public Task<Session?> FindSessionAsync(string sessionKey) => ByKey(db, sessionKey);

    public async Task<Session> FindOrCreateSessionAsync(SessionIdentity identity)
    {
        if (await FindSessionAsync(identity.SessionKey) is { } known)
            return known;
        var session = new Session
        {
            SessionKey = identity.SessionKey,
            Channel = identity.Channel,
            ChatId = identity.ChatId,
            InsertedAt = Now,
            UpdatedAt = Now,
        };
        db.Sessions.Add(session);
        await db.SaveChangesAsync();
        return session;
    }

    /// <summary>To be said of every change of a session, its messages and its compactions, before it is saved.</summary>
    public void Changed(Session session)
    {
        session.Version++;
        session.UpdatedAt = Now;
        HistoryChanged(session.SessionKey);
    }

    /// <summary>The same of a session that is gone, or has another key now.</summary>
    public void HistoryChanged(string sessionKey) => _changedSessions.Add(sessionKey);

    public void TurnEntered(TurnState state) => _entered.Add(state);

    public void Erased() => HasErased = true;

    /// <summary>Forgets the states behind the first <paramref name="entered"/>: what entered them was rolled back.</summary>
    public void Undo(int entered) => _entered.RemoveRange(entered, _entered.Count - entered);

    /// <summary>Forgets all: the next transaction begins.</summary>
    public void Clear()
    {
        _changedSessions.Clear();
        _entered.Clear();
        HasErased = false;
    }
}
