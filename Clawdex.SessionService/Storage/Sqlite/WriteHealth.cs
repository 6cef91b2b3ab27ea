using Clawdex.ServiceDefaults.Files;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using SQLitePCL;

namespace Clawdex.SessionService.Storage.Sqlite;

/// <summary>
/// Healthy = a message could be stored right now. Commits answer that while there are any; after a minute without one, and at
/// each check after one that failed, it writes a small file beside the database and deletes it, and lets the writer change a
/// row and take it back. Nothing of that reaches the log of the database, and nothing is flushed: an idle disk sleeps on.
/// </summary>
internal sealed class WriteHealth(DatabaseFile database, SqliteWriter writer, TimeProvider time) : IHealthCheck
{
    /// <summary>How long a write that succeeded speaks for the next one.</summary>
    internal static readonly TimeSpan Fresh = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan WriterPatience = TimeSpan.FromSeconds(5);

    /// <summary>Bytes: about what the next commits need.</summary>
    private const int Size = 64 * 1024;

    private static readonly byte[] Zeros = new byte[Size];

    // System errors behind an IOException: ENOSPC, EROFS, and Windows' ERROR_DISK_FULL.
    private const int NoSpace = 28, ReadOnly = 30, DiskFull = 112;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken)
    {
        if (writer.HasCommittedWithin(Fresh))
            return HealthCheckResult.Healthy();
        return await ProblemAsync(cancellationToken) is { } problem ? HealthCheckResult.Unhealthy(problem) : HealthCheckResult.Healthy();
    }

    private async Task<string?> ProblemAsync(CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(WriterPatience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, patience.Token);
        try
        {
            WriteFile();
            await writer.WriteAsync(ChangeAndTakeBackAsync, either.Token).WaitAsync(either.Token);
            return null;
        }
        catch (SqliteException error)
        {
            return error.SqliteErrorCode == raw.SQLITE_FULL ? "The disk is full" : $"The database cannot be written (SQLite {error.SqliteErrorCode})";
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return Describe(error);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return "The database's writer does not get on";
        }
    }

    /// <exception cref="IOException">The disk is full, read-only or broken, or the database is gone.</exception>
    private void WriteFile()
    {
        if (!File.Exists(database.FullPath))
            throw new FileNotFoundException();
        using var file = OwnerOnly.Open($"{database.FullPath}.probe", FileMode.Create, FileOptions.DeleteOnClose);
        file.Write(Zeros);
    }

    private static Task<int> ChangeAndTakeBackAsync(WriteTransaction transaction) => transaction.Db.Database.ExecuteSqlRawAsync(
        """
        SAVEPOINT probe;
        UPDATE sessions SET updated_at = updated_at WHERE id = (SELECT MAX(id) FROM sessions);
        ROLLBACK TO probe;
        RELEASE probe;
        """);

    private static string Describe(Exception error) => (error, error.HResult & 0xFFFF) switch
    {
        (FileNotFoundException or DirectoryNotFoundException, _) => "The database or its folder is gone",
        (_, NoSpace or DiskFull) => "The disk is full",
        (UnauthorizedAccessException, _) or (_, ReadOnly) => "The database's folder is read-only",
        _ => $"The database's folder cannot be written ({error.GetType().Name})",
    };
}
