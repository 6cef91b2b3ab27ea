using Clawdex.ServiceDefaults.Files;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace Clawdex.SessionService.Storage.Sqlite;

/// <summary>
/// Everything that must be true before the service answers: the configuration names a database, its folder exists, nobody else
/// works on it, it is sound, and its schema is this program's. Looks before it writes: a file that is refused stays as it is.
/// </summary>
internal sealed class DatabaseOpening(
    DatabaseFile database,
    DatabaseLock exclusive,
    IServiceScopeFactory scopes,
    ILogger<DatabaseOpening> logger) : IDatabaseOpening
{
    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        var refusal = await TryAsync(cancellationToken);
        if (refusal is not null)
            logger.DatabaseRefused(refusal);
        return refusal is null;
    }

    private async Task<string?> TryAsync(CancellationToken cancellationToken)
    {
        try
        {
            if (database.Problem is { } problem)
                return problem;
            database.CreateFolder();
            if (!await exclusive.TryTakeAsync(cancellationToken))
                return $"Another process works on the database {database.FullPath}. Stop that one first, or use another sessions:dataDirectory.";
            return DatabaseInspection.ProblemOf(new FileInfo(database.FullPath)) ?? await MigrateAsync(cancellationToken);
        }
        catch (Exception exception) when (exception is SqliteException or IOException or UnauthorizedAccessException)
        {
            return $"The database {database.FullPath} cannot be opened: {exception.Message}";
        }
    }

    private async Task<string?> MigrateAsync(CancellationToken cancellationToken)
    {
        int pending;
        // SQLite would let everybody read what it creates; the log beside it takes the file's mode.
        OwnerOnly.Open(database.FullPath, FileMode.OpenOrCreate).Dispose();
        OwnerOnly.Close(database.FullPath, Console.Out);
        // Write-ahead logging is a property of the file: switched on before anything is in it.
        using (var connection = database.OpenForWriting())
        {
            ReleaseAbandonedMigrationLock(connection);
            pending = DatabaseInspection.PendingMigrations(connection);
        }

        // Entity Framework needs half a second for its first use; a start without a new schema has no use for it.
        if (pending > 0)
        {
            await using var scope = scopes.CreateAsyncScope();
            await scope.ServiceProvider.GetRequiredService<SessionDbContext>().Database.MigrateAsync(cancellationToken);
        }

        logger.DatabaseOpened(database.FullPath, new FileInfo(database.FullPath).Length / 1024, pending);
        return null;
    }

    /// <summary>
    /// A process that is killed while it migrates leaves Entity Framework's lock row behind, and every later start would wait
    /// for it forever; dotnet/efcore#38958 is a relative of this. Under <see cref="DatabaseLock"/> nobody else can be migrating.
    /// </summary>
    private static void ReleaseAbandonedMigrationLock(SqliteConnection connection)
    {
        if (!DatabaseInspection.HasTable(connection, "__EFMigrationsLock"))
            return;
        using var command = connection.CreateCommand();
        command.CommandText = "DELETE FROM __EFMigrationsLock";
        command.ExecuteNonQuery();
    }
}
