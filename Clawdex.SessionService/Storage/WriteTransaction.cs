using Clawdex.SessionService.Model;
using Microsoft.EntityFrameworkCore;

namespace Clawdex.SessionService.Storage;

/// <summary>A session's history is no longer what it was.</summary>
/// <param name="Session">The row as it is now; null = how the history changed is not told.</param>
/// <param name="Appended">The message that was added; null = none, only the row changed.</param>
internal sealed record HistoryChange(string SessionKey, Session? Session = null, Message? Appended = null);

/// <summary>
/// What an operation of the writer works with: the database inside the running transaction, and notes of what it changed, for
/// those who must know once the transaction is durable. SQLite's writer has one, for all of its transactions.
/// </summary>
internal sealed class WriteTransaction(SessionDbContext db, TimeProvider time)
{
    private static readonly Func<SessionDbContext, string, Task<Session?>> ByKey = EF.CompileAsyncQuery(
        (SessionDbContext db, string sessionKey) => db.Sessions.SingleOrDefault(session => session.SessionKey == sessionKey));

    private readonly List<HistoryChange> _changes = [];
    private readonly List<TurnState> _entered = [];
    private UsageStatements? _usage;

    public SessionDbContext Db => db;

    // What each turn writes; all else is saved by the context.
    public RowStatements<Session> Sessions => field ??= new(db);

    public RowStatements<Message> Messages => field ??= new(db);

    public RowStatements<Turn> Turns => field ??= new(db);

    public UsageStatements Usage => _usage ??= new(db);

    /// <summary>As precise as the database keeps it.</summary>
    public DateTimeOffset Now => DateTimeOffset.FromUnixTimeMilliseconds(time.GetUtcNow().ToUnixTimeMilliseconds());

    /// <summary>What happened to histories, in order.</summary>
    public IReadOnlyList<HistoryChange> Changes => _changes;

    /// <summary>The states that turns entered, in order.</summary>
    public IReadOnlyList<TurnState> Entered => _entered;

    /// <summary>Text was deleted, and the database's log must not keep it.</summary>
    public bool HasErased { get; private set; }

    public Task<Session?> FindSessionAsync(string sessionKey) => ByKey(db, sessionKey);

    public async Task<Session> FindOrCreateSessionAsync(SessionIdentity identity) =>
        await FindSessionAsync(identity.SessionKey) ?? await CreateSessionAsync(identity);

    public async Task<Session> CreateSessionAsync(SessionIdentity identity)
    {
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

    /// <summary>Saves what changed in a session, its turns, its messages and its compactions.</summary>
    public Task SaveAsync(Session session)
    {
        Touch(session);
        HistoryChanged(session.SessionKey);
        return db.SaveChangesAsync();
    }

    /// <summary>To be said before a session's row is saved, where nothing happened to its history but that <paramref name="message"/>, if any, was added.</summary>
    public void Appended(Session session, Message? message)
    {
        Touch(session);
        _changes.Add(new HistoryChange(session.SessionKey, session with { }, message));
    }

    /// <summary>To be said of a session that is gone or has another key now, and where the row is saved by other means.</summary>
    public void HistoryChanged(string sessionKey) => _changes.Add(new HistoryChange(sessionKey));

    public void TurnEntered(TurnState state) => _entered.Add(state);

    public void Erased() => HasErased = true;

    /// <summary>Runs an operation, and writes behind it what is to be written last.</summary>
    public async Task<T> RunAsync<T>(Func<WriteTransaction, Task<T>> operation)
    {
        var result = await operation(this);
        await (_usage?.AddToAllAsync() ?? Task.CompletedTask);
        return result;
    }

    /// <summary>Forgets what is noted behind these: the operation that noted it was rolled back.</summary>
    /// <param name="hadErased">What <see cref="HasErased"/> was before it.</param>
    public void Undo(int entered, int changes, bool hadErased)
    {
        HasErased = hadErased;
        _usage?.Forget();
        _entered.RemoveRange(entered, _entered.Count - entered);
        _changes.RemoveRange(changes, _changes.Count - changes);
    }

    /// <summary>Forgets all: the next transaction begins.</summary>
    public void Clear()
    {
        _changes.Clear();
        _entered.Clear();
        _usage?.Forget();
        HasErased = false;
    }

    private void Touch(Session session)
    {
        session.Version++;
        session.UpdatedAt = Now;
    }
}
