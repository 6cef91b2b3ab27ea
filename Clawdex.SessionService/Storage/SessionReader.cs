using System.Data;
using Microsoft.EntityFrameworkCore;

namespace Clawdex.SessionService.Storage;

/// <summary>The reading side: each read sees one moment, on a connection that never waits for the writer.</summary>
internal sealed class SessionReader(IServiceScopeFactory scopes)
{
    // SQLite's deferred transaction: it takes no write lock as the default one does.
    private const IsolationLevel Snapshot = IsolationLevel.ReadUncommitted;

    public async Task<T> ReadAsync<T>(Func<SessionDbContext, Task<T>> read, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<SessionDbContext>();
        db.ChangeTracker.QueryTrackingBehavior = QueryTrackingBehavior.NoTracking;
        await using var snapshot = await db.Database.BeginTransactionAsync(Snapshot, cancellationToken);
        return await read(db);
    }
}
