using Clawdex.SessionService.Sessions;
using Microsoft.Data.Sqlite;

namespace Clawdex.SessionService.Data;

/// <summary>
/// What an operation of the writer works with: the tables inside the running transaction, and the list of what it changed,
/// which the history cache learns once the transaction is durable. Lives as long as the writer's connection.
/// </summary>
internal sealed class WriteTransaction(SqliteConnection connection, TimeProvider time) : IDisposable
{
    private readonly List<SessionChange> _changes = [];

    public SessionTable Sessions { get; } = new(connection, time);

    public MessageTable Messages { get; } = new(connection);

    public TurnTable Turns { get; } = new(connection);

    public CompactionTable Compactions { get; } = new(connection);

    /// <summary>What the operations of this transaction changed so far, in order.</summary>
    public IReadOnlyList<SessionChange> Changes => _changes;

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>The writer's connection, for what the tables do not offer.</summary>
    public SqliteConnection Connection => connection;

    public void Changed(SessionChange change) => _changes.Add(change);

    /// <summary>Forgets the changes behind the first <paramref name="count"/>: their operation was rolled back.</summary>
    public void ForgetChanges(int count) => _changes.RemoveRange(count, _changes.Count - count);

    public void Dispose()
    {
        Sessions.Dispose();
        Messages.Dispose();
        Turns.Dispose();
        Compactions.Dispose();
    }
}
