using System.Data.Common;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Migrations;

namespace Clawdex.SessionService.Storage.Postgres;

/// <summary>
/// Waits until the server answers, and brings the schema up to date; several services may do so at the same time. Looks before it
/// writes: a database that is refused stays as it is.
/// </summary>
internal sealed class PostgresOpening(IServiceScopeFactory scopes, TimeProvider time, ILogger<PostgresOpening> logger) : IDatabaseOpening
{
    /// <summary>A server that starts together with this service is there by then.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    // Of PostgreSQL's manual, appendix A: duplicate_database, duplicate_table, duplicate_column, unique_violation. Another service creates the same.
    private static readonly string[] Creations = ["42P04", "42P07", "42701", "23505"];

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        var refusal = await TryUntilItAnswersAsync(cancellationToken);
        if (refusal is not null)
            logger.DatabaseRefused(refusal);
        return refusal is null;
    }

    private async Task<string?> TryUntilItAnswersAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await TryAsync(cancellationToken);
            }
            catch (Exception exception) when (DatabaseErrors.CauseOf(exception) is DbException error)
            {
                if (!(error.IsTransient || Creations.Contains(error.SqlState)) || time.GetElapsedTime(started) >= Patience)
                    return $"The PostgreSQL database of ConnectionStrings:sessions cannot be opened: {error.Message}";
                if (tries == 1 && error.IsTransient)
                    logger.DatabaseAwaited(error.Message);
            }
            catch (Exception error) when (error is ArgumentException or NotSupportedException or IOException or UnauthorizedAccessException or CryptographicException)
            {
                // The driver's own: values that it does not take together, a port that is none, a certificate's file that cannot be read.
                return $"The PostgreSQL database of ConnectionStrings:sessions cannot be opened: {error.Message}";
            }

            await Task.Delay(Interval, time, cancellationToken);
        }
    }

    private async Task<string?> TryAsync(CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<SessionDbContext>();
        var name = $"{db.Database.GetDbConnection().Database} on {db.Database.GetDbConnection().DataSource}";
        var known = db.Database.GetMigrations().ToList();
        // Before the migrations are read: another service that starts at the same time commits its tables together with theirs.
        var hasTables = await HasTablesAsync(db, cancellationToken);
        var applied = (await db.Database.GetAppliedMigrationsAsync(cancellationToken)).ToList();
        if (applied.Except(known).FirstOrDefault() is { } unknown)
            return $"{name} was written by a newer version of Clawdex (schema {unknown}). It was left untouched; update this program.";
        if (applied.Count == 0 && hasTables)
            return $"{name} is the database of another program. It was left untouched.";

        await MigrateAsync(db, name, known.Count - applied.Count, cancellationToken);
        var bytes = await db.Database.SqlQuery<long>($"SELECT pg_database_size(current_database()) AS \"Value\"").SingleAsync(cancellationToken);
        logger.DatabaseOpened(name, bytes / 1024, known.Count - applied.Count);
        return null;
    }

    /// <summary>
    /// Entity Framework locks its table and tries to create it even where nothing is to be done: that would wait for a backup, which
    /// reads it, and need rights that a user of tables that are there can do without.
    /// </summary>
    private async Task MigrateAsync(SessionDbContext db, string name, int pending, CancellationToken cancellationToken)
    {
        if (pending == 0)
            return;
        logger.DatabaseUpgraded(name, pending);
        // A table of millions of rows takes as long as it takes, and so does another service that is at it already.
        db.Database.SetCommandTimeout(0);
        await db.Database.MigrateAsync(cancellationToken);
    }

    /// <summary>Where ours are, or would be.</summary>
    private static async Task<bool> HasTablesAsync(SessionDbContext db, CancellationToken cancellationToken) =>
        await db.Database.CanConnectAsync(cancellationToken)
        && await db.Database.SqlQuery<bool>(
            $"SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = current_schema() AND tablename <> {HistoryRepository.DefaultTableName}) AS \"Value\"")
            .SingleAsync(cancellationToken);
}
