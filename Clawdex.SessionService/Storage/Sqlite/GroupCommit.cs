using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using SQLitePCL;

namespace Clawdex.SessionService.Storage.Sqlite;

/// <summary>Writes a batch of operations in one transaction, and tells each caller what became of its own.</summary>
internal sealed class GroupCommit(SessionDbContext db, WriteTransaction write, Action<IReadOnlyCollection<string>> committed, TimeProvider time, ILogger logger)
{
    private const string Savepoint = "operation";

    private readonly List<PendingWrite> _succeeded = [];

    // A full disk, a lost lock or a failing disk makes SQLite roll back the whole transaction by itself.
    private bool InTransaction => db.Database.GetDbConnection() is SqliteConnection connection && raw.sqlite3_get_autocommit(connection.Handle) == 0;

    /// <summary>Returns when every operation of the batch is durable or has failed; throws nothing.</summary>
    /// <returns>Whether the commit succeeded.</returns>
    public async Task<bool> RunAsync(IReadOnlyList<PendingWrite> batch)
    {
        _succeeded.Clear();
        write.Clear();
        var started = time.GetTimestamp();
        try
        {
            // BEGIN IMMEDIATE; whatever is not committed is rolled back.
            await using var transaction = await db.Database.BeginTransactionAsync();
            foreach (var pending in batch)
                await RunOneAsync(pending, transaction);
            await transaction.CommitAsync();
        }
        catch (Exception exception)
        {
            var cause = CauseOf(exception);
            logger.CommitFailed(cause.GetType().Name, (cause as SqliteException)?.SqliteExtendedErrorCode ?? 0, batch.Count);
            foreach (var pending in batch)
                pending.Fail(cause);
            return false;
        }

        // Cache before callers: whoever is answered must find the own change.
        committed(write.ChangedSessions);
        foreach (var pending in _succeeded)
            pending.Acknowledge();
        foreach (var state in write.Entered)
            SessionTelemetry.TurnEntered(EnumWords.Of(state));
        if (_succeeded.Count > 0)
            SessionTelemetry.Committed(time.GetElapsedTime(started), _succeeded.Count);
        return true;
    }

    private async Task RunOneAsync(PendingWrite pending, IDbContextTransaction transaction)
    {
        if (pending.IsAbandoned)
        {
            pending.Abandon();
            return;
        }

        var entered = write.Entered.Count;
        await transaction.CreateSavepointAsync(Savepoint);
        try
        {
            await pending.RunAsync(write);
            await transaction.ReleaseSavepointAsync(Savepoint);
            _succeeded.Add(pending);
        }
        catch (Exception exception) when (InTransaction)
        {
            await transaction.RollbackToSavepointAsync(Savepoint);
            await transaction.ReleaseSavepointAsync(Savepoint);
            write.Undo(entered);
            pending.Fail(CauseOf(exception));
        }
        finally
        {
            // The next operation reads for itself what it changes.
            db.ChangeTracker.Clear();
        }
    }

    /// <summary>What SQLite said, without Entity Framework's wrapping.</summary>
    private static Exception CauseOf(Exception exception) =>
        exception is DbUpdateException { InnerException: SqliteException cause } ? cause : exception;
}
