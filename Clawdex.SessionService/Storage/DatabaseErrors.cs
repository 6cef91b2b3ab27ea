using System.Data.Common;
using Microsoft.Data.Sqlite;

namespace Clawdex.SessionService.Storage;

/// <summary>Reads what a database said, whichever it is, without loading the driver of the other one.</summary>
internal static class DatabaseErrors
{
    /// <summary>What the database said, without Entity Framework's wrapping; the exception itself if it said nothing.</summary>
    public static Exception CauseOf(Exception exception)
    {
        for (var inner = exception; inner is not null; inner = inner.InnerException)
        {
            if (inner is DbException)
                return inner;
        }

        return exception;
    }

    /// <summary>For the log: the code that the manual of the database explains.</summary>
    public static string CodeOf(Exception exception) => CauseOf(exception) switch
    {
        SqliteException error => $"SQLite {error.SqliteExtendedErrorCode}",
        DbException { SqlState: { } state } => $"SQLSTATE {state}",
        _ => "no code",
    };
}
