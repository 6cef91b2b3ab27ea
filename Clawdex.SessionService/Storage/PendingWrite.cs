namespace Clawdex.SessionService.Storage;

/// <summary>An operation that waits in the writer's queue, and the caller that waits for it.</summary>
internal abstract class PendingWrite
{
    /// <summary>The caller has gone: the operation need not run.</summary>
    public abstract bool IsAbandoned { get; }

    /// <summary>Runs the operation and keeps its result back: nobody may see it before the commit.</summary>
    public abstract void Run(WriteTransaction transaction);

    /// <summary>The result is durable: the caller gets it.</summary>
    public abstract void Acknowledge();

    /// <summary>Does nothing if the operation has failed or was abandoned before.</summary>
    public abstract void Fail(Exception exception);

    public abstract void Abandon();
}

/// <inheritdoc cref="PendingWrite"/>
internal sealed class PendingWrite<T>(Func<WriteTransaction, T> operation, CancellationToken cancellationToken) : PendingWrite
{
    // Continuations must not run on the writer: it has the next batch to write.
    private readonly TaskCompletionSource<T> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private T? _result;

    public Task<T> Completion => _completion.Task;

    public override bool IsAbandoned => cancellationToken.IsCancellationRequested;

    public override void Run(WriteTransaction transaction) => _result = operation(transaction);

    public override void Acknowledge() => _completion.SetResult(_result!);

    public override void Fail(Exception exception) => _completion.TrySetException(exception);

    public override void Abandon() => _completion.TrySetCanceled(cancellationToken);
}
