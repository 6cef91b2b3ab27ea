using Microsoft.Data.Sqlite;

namespace Clawdex.SessionService.Data;

/// <summary>
/// Moves the write-ahead log into the database file and refreshes the query planner's statistics: from time to time behind a
/// commit, and at the end. Needs no timer, since a database that nobody writes to needs no upkeep.
/// </summary>
internal sealed class DatabaseUpkeep(SqliteConnection connection, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Interval = TimeSpan.FromMinutes(10);

    private long _last = time.GetTimestamp();

    /// <summary>Called behind every commit, when its callers have their answer.</summary>
    public void RunIfDue()
    {
        if (time.GetElapsedTime(_last) >= Interval)
            Run();
    }

    public void Run()
    {
        _last = time.GetTimestamp();
        try
        {
            using var command = connection.CreateCommand();
            // A reader that is in the middle of a query keeps its part of the log; the next time takes that too.
            command.CommandText = "PRAGMA optimize; PRAGMA wal_checkpoint(TRUNCATE);";
            command.ExecuteNonQuery();
        }
        catch (SqliteException exception)
        {
            logger.UpkeepFailed(exception.SqliteExtendedErrorCode);
        }
    }
}
