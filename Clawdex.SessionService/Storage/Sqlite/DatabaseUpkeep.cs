using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Clawdex.SessionService.Storage.Sqlite;

/// <summary>
/// Moves the write-ahead log into the database file and refreshes the query planner's statistics: from time to time behind a
/// commit, and at the end. Needs no timer, since a database that nobody writes to needs no upkeep. Behind a commit that deleted
/// text the log is emptied at once, because it still holds that text.
/// </summary>
internal sealed class DatabaseUpkeep(SqliteConnection connection, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    /// <summary>Between two tries to empty a log that a reader still needs.</summary>
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(10);

    private long _last = time.GetTimestamp();
    private bool _logHoldsErased;

    /// <summary>How long the writer may wait for work before <see cref="RunIfDue"/> is due again; null = for ever.</summary>
    public TimeSpan? Patience => _logHoldsErased ? RetryInterval : null;

    /// <summary>Called behind every commit, when its callers have their answer, and when <see cref="Patience"/> is over.</summary>
    /// <param name="erased">Text was deleted.</param>
    public void RunIfDue(bool erased)
    {
        _logHoldsErased |= erased;
        if (time.GetElapsedTime(_last) >= Interval)
            Run();
        else if (erased || (_logHoldsErased && time.GetElapsedTime(_last) >= RetryInterval))
            Try(EmptyLog);
    }

    public void Run() => Try(() =>
    {
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA optimize";
        command.ExecuteNonQuery();
        EmptyLog();
    });

    private void Try(Action work)
    {
        _last = time.GetTimestamp();
        try
        {
            work();
        }
        catch (SqliteException exception)
        {
            logger.UpkeepFailed(nameof(SqliteException), DatabaseErrors.CodeOf(exception));
        }
    }

    /// <summary>
    /// Waits for nobody, since all writes wait for this: a reader that is in the middle of a query, a backup perhaps, keeps its
    /// part of the log, and the next time takes that too.
    /// </summary>
    private void EmptyLog()
    {
        using var command = connection.CreateCommand();
        command.CommandText = "PRAGMA wal_checkpoint(TRUNCATE)";
        raw.sqlite3_busy_timeout(connection.Handle, 0);
        try
        {
            var isBlocked = command.ExecuteScalar() is not 0L;
            _logHoldsErased &= isBlocked;
        }
        finally
        {
            raw.sqlite3_busy_timeout(connection.Handle, DatabaseFile.BusySeconds * 1000);
        }
    }
}
