using System.Threading.Channels;
using Microsoft.EntityFrameworkCore;

namespace Clawdex.SessionService.Storage.Sqlite;

/// <summary>
/// The one writer of the file. Operations queue up here; those that came while the disk was busy share the next
/// transaction and its flush (group commit). A caller is answered when its change is on the disk and the cache knows it.
/// </summary>
/// <remarks>
/// Each operation runs in a savepoint, so that one that fails takes nothing of its neighbours with it. A commit that fails
/// (a full disk) fails all of its operations and nothing else: the next batch tries again.
/// </remarks>
internal sealed class SqliteWriter(
    DatabaseFile database, DbContextOptions<SessionDbContext> options, TimeProvider time, ILogger<SqliteWriter> logger) : BackgroundService, ISessionWriter
{
    /// <summary>Operations that may wait; a caller beyond them waits to be let into the queue.</summary>
    private const int QueueCapacity = 1024;

    /// <summary>Operations of one transaction: a bound on how long the first of them waits.</summary>
    private const int BatchCapacity = 256;

    private readonly Channel<PendingWrite> _queue = Channel.CreateBounded<PendingWrite>(new BoundedChannelOptions(QueueCapacity)
    {
        FullMode = BoundedChannelFullMode.Wait,
        SingleReader = true,
    });

    // Timestamp of the last commit; 0 = it failed, or there was none.
    private long _committedAt;

    public event Action<IReadOnlyList<HistoryChange>> Committed = _ => { };

    /// <summary>The last commit succeeded, and that is no longer ago than <paramref name="age"/>.</summary>
    public bool HasCommittedWithin(TimeSpan age) => Volatile.Read(ref _committedAt) is not 0 and var at && time.GetElapsedTime(at) < age;

    public async Task<T> WriteAsync<T>(Func<WriteTransaction, Task<T>> operation, CancellationToken cancellationToken)
    {
        var result = new T[1];
        // Continuations must not run on the writer: it has the next batch to write.
        var durable = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var pending = new PendingWrite(async transaction => result[0] = await transaction.RunAsync(operation), durable, cancellationToken);
        await _queue.Writer.WriteAsync(pending, cancellationToken);
        await durable.Task;
        return result[0];
    }

    /// <summary>Takes no more operations, and ends when those in the queue are written.</summary>
    public override Task StopAsync(CancellationToken cancellationToken)
    {
        _queue.Writer.TryComplete();
        return base.StopAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var connection = database.OpenForWriting();
        await using var db = new SessionDbContext(options);
        db.Database.SetDbConnection(connection);
        // GroupCommit begins and ends them.
        db.Database.AutoTransactionBehavior = AutoTransactionBehavior.Never;
        var transaction = new WriteTransaction(db, time);
        using var commit = new GroupCommit(connection, transaction, changes => Committed(changes), time, logger);
        var upkeep = new DatabaseUpkeep(connection, time, logger);
        List<PendingWrite> batch = new(BatchCapacity);

        while (await WaitAsync(upkeep.Patience))
        {
            while (batch.Count < BatchCapacity && _queue.Reader.TryRead(out var pending))
                batch.Add(pending);
            var isDurable = batch.Count > 0 && await commit.RunAsync(batch);
            if (batch.Count > 0)
                Volatile.Write(ref _committedAt, isDurable ? time.GetTimestamp() : 0);
            upkeep.RunIfDue(isDurable && transaction.HasErased);
            batch.Clear();
        }

        upkeep.Run();
    }

    /// <summary>
    /// True = there are operations, or <paramref name="atMost"/> has passed; false = the queue has ended. No stop cancels this:
    /// what is in the queue is still written.
    /// </summary>
    private async ValueTask<bool> WaitAsync(TimeSpan? atMost)
    {
        if (atMost is not { } span)
            return await _queue.Reader.WaitToReadAsync(CancellationToken.None);
        using var patience = new CancellationTokenSource(span, time);
        try
        {
            return await _queue.Reader.WaitToReadAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            return true;
        }
    }
}
