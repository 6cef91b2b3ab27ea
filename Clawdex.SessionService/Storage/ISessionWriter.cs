using System.Data.Common;

namespace Clawdex.SessionService.Storage;

/// <summary>The writing side of the store: one writer on SQLite, several connections on PostgreSQL.</summary>
internal interface ISessionWriter
{
    /// <summary>What a commit did to histories, before its callers are answered.</summary>
    event Action<IReadOnlyList<HistoryChange>> Committed;

    /// <summary>
    /// Runs <paramref name="operation"/> in a transaction and answers its result once that is durable. Where another process
    /// writes as well, the operation may run more than once, each time on what the other one left. It reads a session's row before
    /// what it counts or checks of that session, because the row's version is what tells that somebody else has changed it.
    /// </summary>
    /// <exception cref="DbException">The disk is full, or the database is busy, cannot be reached, read or written.</exception>
    Task<T> WriteAsync<T>(Func<WriteTransaction, Task<T>> operation, CancellationToken cancellationToken);
}
