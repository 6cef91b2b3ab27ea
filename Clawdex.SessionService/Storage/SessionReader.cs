using System.Data;
using Microsoft.EntityFrameworkCore;

namespace Clawdex.SessionService.Storage;

/// <summary>The reading side: each read sees one moment, on a connection that never waits for a writer.</summary>
/// <param name="scopes">Where contexts come from.</param>
/// <param name="snapshot">The isolation level that gives one moment without a lock.</param>
/// <param name="isShared">Other processes write to the store as well: what was read here may have been changed by them.</param>
internal sealed class SessionReader(IServiceScopeFactory scopes, IsolationLevel snapshot, bool isShared)
{
    public bool IsShared => isShared;

    /// <summary>Several statements, which see the same moment.</summary>
    public Task<T> ReadAsync<T>(Func<SessionDbContext, Task<T>> read, CancellationToken cancellationToken) => QueryAsync(
        async db =>
        {
            await using var transaction = await db.Database.BeginTransactionAsync(snapshot, cancellationToken);
            return await read(db);
        });

    /// <summary>A single statement, which sees one moment by itself: the end of a transaction would be another round trip.</summary>
    public async Task<T> QueryAsync<T>(Func<SessionDbContext, Task<T>> query)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<SessionDbContext>();
        db.ChangeTracker.QueryTrackingBehavior = QueryTrackingBehavior.NoTracking;
        return await query(db);
    }
}
