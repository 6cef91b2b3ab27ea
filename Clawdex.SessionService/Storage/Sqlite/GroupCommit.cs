using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Clawdex.SessionService.Storage.Sqlite;

/// <summary>An operation that waits in the writer's queue, and the caller that waits for it.</summary>
/// <param name="Durable">Completes when the operation is durable, has failed or was abandoned.</param>
/// <param name="Caller">Cancelled = the caller has gone, and the operation need not run.</param>
internal sealed record PendingWrite(Func<WriteTransaction, Task> RunAsync, TaskCompletionSource Durable, CancellationToken Caller);

/// <summary>Writes a batch of operations in one transaction, and tells each caller what became of its own.</summary>
internal sealed class GroupCommit(
    SqliteConnection connection, WriteTransaction write, Action<IReadOnlyList<HistoryChange>> committed, TimeProvider time, ILogger logger) : IDisposable
{
    // SQLite parses them once: through Entity Framework each would cost as much as a query.
    private readonly SqliteCommand _begin = new("BEGIN IMMEDIATE", connection);
    private readonly SqliteCommand _commit = new("COMMIT", connection);
    private readonly SqliteCommand _rollback = new("ROLLBACK", connection);
    private readonly SqliteCommand _savepoint = new("SAVEPOINT operation", connection);
    private readonly SqliteCommand _release = new("RELEASE operation", connection);
    private readonly SqliteCommand _rollbackTo = new("ROLLBACK TO operation", connection);
    private readonly List<PendingWrite> _succeeded = [];

    // A full disk, a lost lock or a failing disk makes SQLite roll back the whole transaction by itself.
    private bool InTransaction => raw.sqlite3_get_autocommit(connection.Handle) == 0;

    /// <summary>Returns when every operation of the batch is durable or has failed; throws nothing.</summary>
    /// <returns>Whether the commit succeeded.</returns>
    public async Task<bool> RunAsync(IReadOnlyList<PendingWrite> batch)
    {
        _succeeded.Clear();
        write.Clear();
        var started = time.GetTimestamp();
        try
        {
            _begin.ExecuteNonQuery();
            foreach (var pending in batch)
                await RunOneAsync(pending);
            _commit.ExecuteNonQuery();
        }
        catch (Exception exception)
        {
            RollBack();
            var cause = DatabaseErrors.CauseOf(exception);
            logger.CommitFailed(cause.GetType().Name, DatabaseErrors.CodeOf(cause), batch.Count);
            // What has failed by itself, or was abandoned, stays so.
            foreach (var pending in batch)
                pending.Durable.TrySetException(cause);
            return false;
        }

        // Cache before callers: whoever is answered must find the own change.
        committed(write.Changes);
        foreach (var pending in _succeeded)
            pending.Durable.SetResult();
        foreach (var state in write.Entered)
            SessionTelemetry.TurnEntered(EnumWords.Of(state));
        if (_succeeded.Count > 0)
            SessionTelemetry.Committed(time.GetElapsedTime(started), _succeeded.Count);
        return true;
    }

    public void Dispose()
    {
        foreach (var command in new[] { _begin, _commit, _rollback, _savepoint, _release, _rollbackTo })
            command.Dispose();
    }

    private async Task RunOneAsync(PendingWrite pending)
    {
        if (pending.Caller.IsCancellationRequested)
        {
            pending.Durable.TrySetCanceled(pending.Caller);
            return;
        }

        var (entered, changes, hadErased) = (write.Entered.Count, write.Changes.Count, write.HasErased);
        _savepoint.ExecuteNonQuery();
        try
        {
            await pending.RunAsync(write);
            _release.ExecuteNonQuery();
            _succeeded.Add(pending);
        }
        catch (Exception exception) when (InTransaction)
        {
            _rollbackTo.ExecuteNonQuery();
            _release.ExecuteNonQuery();
            write.Undo(entered, changes, hadErased);
            pending.Durable.TrySetException(DatabaseErrors.CauseOf(exception));
        }
        finally
        {
            // The next operation reads for itself what it changes.
            write.Db.ChangeTracker.Clear();
        }
    }

    private void RollBack()
    {
        try
        {
            if (InTransaction)
                _rollback.ExecuteNonQuery();
        }
        catch (SqliteException exception)
        {
            // The next BEGIN fails then and says so to its callers.
            logger.RollbackFailed(DatabaseErrors.CodeOf(exception));
        }
    }
}
