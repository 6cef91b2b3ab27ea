using System.Data;
using System.Data.Common;
using Microsoft.EntityFrameworkCore;

namespace Clawdex.SessionService.Storage.Postgres;

/// <summary>
/// One operation, one transaction, on any connection of the pool. Two that meet on a session do not wait for each other's locks
/// longer than a commit: the second finds the session's <c>version</c> changed, or its row there already, and begins anew.
/// </summary>
/// <remarks>
/// READ COMMITTED is enough, because each change of a conversation compares the session's version, and each change of a turn the
/// turn's state and charge, and because a day's limit is compared again when its row is written; a stricter level would repeat all
/// who are charged on the same day.
/// </remarks>
internal sealed class PostgresWriter(IServiceScopeFactory scopes, TimeProvider time, ILogger<PostgresWriter> logger) : ISessionWriter, IDisposable
{
    /// <summary>Of each round one succeeds: a conversation would need so many other processes that write to it at the same time.</summary>
    private const int MaxRepetitions = 50;

    // Of PostgreSQL's manual, appendix A: serialization_failure, deadlock_detected, unique_violation; foreign_key_violation: what was
    // read is gone.
    private static readonly string[] Conflicts = ["40001", "40P01", "23505", "23503"];

    // One at a time: many that repeat against each other would take as many rounds as they are.
    private readonly SemaphoreSlim _repetitions = new(1);

    public event Action<IReadOnlyList<HistoryChange>> Committed = _ => { };

    public async Task<T> WriteAsync<T>(Func<WriteTransaction, Task<T>> operation, CancellationToken cancellationToken)
    {
        try
        {
            return await RunAsync(operation, cancellationToken);
        }
        catch (Exception exception) when (IsConflict(exception))
        {
            logger.WriteRepeated(DatabaseErrors.CodeOf(exception));
        }

        await _repetitions.WaitAsync(cancellationToken);
        try
        {
            return await RepeatAsync(operation, cancellationToken);
        }
        finally
        {
            _repetitions.Release();
        }
    }

    public void Dispose() => _repetitions.Dispose();

    private async Task<T> RepeatAsync<T>(Func<WriteTransaction, Task<T>> operation, CancellationToken cancellationToken)
    {
        for (var tries = 1; ; tries++)
        {
            try
            {
                return await RunAsync(operation, cancellationToken);
            }
            catch (Exception exception) when (tries < MaxRepetitions && IsConflict(exception))
            {
                // At once: the database made this one wait until the other one's commit.
                logger.WriteRepeated(DatabaseErrors.CodeOf(exception));
            }
        }
    }

    private async Task<T> RunAsync<T>(Func<WriteTransaction, Task<T>> operation, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<SessionDbContext>();
        // The whole operation is repeated, or nothing.
        db.Database.AutoSavepointsEnabled = false;
        var started = time.GetTimestamp();
        await using var transaction = await db.Database.BeginTransactionAsync(IsolationLevel.ReadCommitted, cancellationToken);
        var write = new WriteTransaction(db, time);
        var result = await write.RunAsync(operation);
        // Not the caller's token: a commit that is cancelled on its way may have happened.
        await transaction.CommitAsync(CancellationToken.None);

        // Cache before callers: whoever is answered must find the own change.
        Committed(write.Changes);
        foreach (var state in write.Entered)
            SessionTelemetry.TurnEntered(EnumWords.Of(state));
        SessionTelemetry.Committed(time.GetElapsedTime(started), operations: 1);
        return result;
    }

    private static bool IsConflict(Exception exception) =>
        exception is DbUpdateConcurrencyException
        || (DatabaseErrors.CauseOf(exception) is DbException { SqlState: { } state } && Conflicts.Contains(state));
}
