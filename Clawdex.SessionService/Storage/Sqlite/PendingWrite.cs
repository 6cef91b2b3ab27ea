namespace Clawdex.SessionService.Storage.Sqlite;

/// <summary>An operation that waits in the writer's queue, and the caller that waits for it.</summary>
internal sealed class PendingWrite(Func<WriteTransaction, Task> operation, CancellationToken cancellationToken)
{
    // Continuations must not run on the writer: it has the next batch to write.
    private readonly TaskCompletionSource _durable = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when the operation is durable, has failed or was abandoned.</summary>
    public Task Durable => _durable.Task;

    /// <summary>The caller has gone: the operation need not run.</summary>
    public bool IsAbandoned => cancellationToken.IsCancellationRequested;

    public Task RunAsync(WriteTransaction transaction) => operation(transaction);

    public void Acknowledge() => _durable.SetResult();

    /// <summary>Does nothing if the operation has failed or was abandoned before.</summary>
    public void Fail(Exception exception) => _durable.TrySetException(exception);

    public void Abandon() => _durable.TrySetCanceled(cancellationToken);
}
