using Clawdex.SessionService.Model;
using Clawdex.SessionService.Storage.Sqlite;
using Microsoft.Data.Sqlite;

namespace Clawdex.SessionService.Storage;

/// <summary>
/// What an operation of the writer works with: the tables inside the running transaction, and the list of what it changed,
/// which the history cache and the metrics learn once the transaction is durable. Lives as long as the writer's connection.
/// </summary>
internal sealed class WriteTransaction(SqliteConnection connection, TimeProvider time) : IDisposable
{
    private readonly List<SessionChange> _changes = [];
    private readonly List<TurnState> _entered = [];
    private bool _erased;

    public SessionTable Sessions { get; } = new(connection, time);

    public MessageTable Messages { get; } = new(connection);

    public TurnTable Turns { get; } = new(connection);

    public CompactionTable Compactions { get; } = new(connection);

    /// <summary>What the operations of this transaction changed so far, in order.</summary>
    public IReadOnlyList<SessionChange> Changes => _changes;

    /// <summary>The states that turns entered in this transaction so far.</summary>
    public IReadOnlyList<TurnState> Entered => _entered;

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>The writer's connection, for what the tables do not offer.</summary>
    public SqliteConnection Connection => connection;

    public void Changed(SessionChange change) => _changes.Add(change);

    public void TurnEntered(TurnState state) => _entered.Add(state);

    /// <summary>Text was deleted. The log must not keep it: see <see cref="DatabaseUpkeep"/>.</summary>
    public void Erased() => _erased = true;

    /// <summary>Whether text was deleted since this was asked last.</summary>
    public bool TakeErased()
    {
        var erased = _erased;
        _erased = false;
        return erased;
    }

    /// <summary>Forgets what came behind the first <paramref name="changes"/> and <paramref name="entered"/>: it was rolled back.</summary>
    public void Forget(int changes, int entered)
    {
        _changes.RemoveRange(changes, _changes.Count - changes);
        _entered.RemoveRange(entered, _entered.Count - entered);
    }

    public void Dispose()
    {
        Sessions.Dispose();
        Messages.Dispose();
        Turns.Dispose();
        Compactions.Dispose();
    }
}
