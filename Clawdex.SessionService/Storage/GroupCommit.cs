using Clawdex.SessionService.History;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Clawdex.SessionService.Storage;

/// <summary>Writes a batch of operations in one transaction, and tells each caller what became of its own.</summary>
internal sealed class GroupCommit(
    SqliteConnection connection,
    WriteTransaction transaction,
    HistoryCache cache,
    WriteRecord record,
    TimeProvider time,
    ILogger logger) : IDisposable
{
    private readonly Statement _begin = new(connection, "BEGIN IMMEDIATE");
    private readonly Statement _commit = new(connection, "COMMIT");
    private readonly Statement _rollback = new(connection, "ROLLBACK");
    private readonly Statement _savepoint = new(connection, "SAVEPOINT operation");
    private readonly Statement _release = new(connection, "RELEASE operation");
    private readonly Statement _rollbackTo = new(connection, "ROLLBACK TO operation");
    private readonly List<PendingWrite> _succeeded = [];

    // A full disk, a lost lock or a failing disk makes SQLite roll back the whole transaction by itself.
    private bool InTransaction => raw.sqlite3_get_autocommit(connection.Handle) == 0;

    /// <summary>Returns when every operation of the batch is durable or has failed; throws nothing.</summary>
    public void Run(IReadOnlyList<PendingWrite> batch)
    {
        _succeeded.Clear();
        transaction.Forget(changes: 0, entered: 0);
        var started = time.GetTimestamp();
        try
        {
            _begin.Execute();
            foreach (var pending in batch)
                RunOne(pending);
            _commit.Execute();
        }
        catch (Exception exception)
        {
            RollBack();
            record.Failed();
            logger.CommitFailed(exception.GetType().Name, (exception as SqliteException)?.SqliteExtendedErrorCode ?? 0, batch.Count);
            FailAll(batch, exception);
            return;
        }

        record.Succeeded();
        // Cache before callers: whoever is answered must find the own change.
        cache.Apply(transaction.Changes);
        foreach (var pending in _succeeded)
            pending.Acknowledge();
        foreach (var state in transaction.Entered)
            SessionTelemetry.TurnEntered(ColumnText.Of(state));
        if (_succeeded.Count > 0)
            SessionTelemetry.Committed(time.GetElapsedTime(started), _succeeded.Count);
    }

    public void Dispose()
    {
        foreach (var statement in new[] { _begin, _commit, _rollback, _savepoint, _release, _rollbackTo })
            statement.Dispose();
    }

    private void RunOne(PendingWrite pending)
    {
        if (pending.IsAbandoned)
        {
            pending.Abandon();
            return;
        }

        var (changes, entered) = (transaction.Changes.Count, transaction.Entered.Count);
        _savepoint.Execute();
        try
        {
            pending.Run(transaction);
            _release.Execute();
            _succeeded.Add(pending);
        }
        catch (Exception exception) when (InTransaction)
        {
            _rollbackTo.Execute();
            _release.Execute();
            transaction.Forget(changes, entered);
            pending.Fail(exception);
        }
    }
    private void RollBack()
    {
        if (!InTransaction)
            return;
        try
        {
            _rollback.Execute();
        }
        catch (SqliteException exception)
        {
            // The next BEGIN fails then and says so to its callers.
            logger.RollbackFailed(exception.SqliteExtendedErrorCode);
        }
    }

    private static void FailAll(IReadOnlyList<PendingWrite> batch, Exception exception)
    {
        foreach (var pending in batch)
            pending.Fail(exception);
    }
}
