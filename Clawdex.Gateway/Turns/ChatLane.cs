namespace Clawdex.Gateway.Turns;

/// <summary>One lane of one conversation: jobs that run one after the other. Its reader ends when there is nothing left to do.</summary>
internal sealed class ChatLane(CancellationToken abort)
{
    private readonly Lock _gate = new();
    private readonly Queue<ChatJob> _jobs = new();
    private TaskCompletionSource? _arrival;
    private bool _closed;
    private Task? _reader;

    /// <summary>Breaks off what runs and drops what waits.</summary>
    public CancellationToken Abort => abort;

    /// <summary>Ends when the lane is closed; never fails.</summary>
    public Task Reader
    {
        get
        {
            lock (_gate)
                return _reader ?? Task.CompletedTask;
        }
    }

    public int Waiting
    {
        get
        {
            lock (_gate)
                return _jobs.Count;
        }
    }

    /// <summary>False = the reader has ended; a new lane is needed.</summary>
    public bool TryAdd(ChatJob job)
    {
        lock (_gate)
        {
            if (_closed)
                return false;
            _jobs.Enqueue(job);
            _arrival?.TrySetResult();
            _arrival = null;
            return true;
        }
    }

    /// <summary>Starts the reader unless it runs already.</summary>
    public void StartReader(Func<Task> read)
    {
        lock (_gate)
            _reader ??= read();
    }

    /// <summary>The next job; null = there is none, and the lane is closed now.</summary>
    public ChatJob? TakeOrClose()
    {
        lock (_gate)
        {
            if (_jobs.TryDequeue(out var job))
                return job;
            _closed = true;
            return null;
        }
    }

    /// <summary>The next job without taking it, waited for as long as <paramref name="patience"/>; null = none came.</summary>
    public async Task<ChatJob?> PeekAsync(TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        Task arrival;
        lock (_gate)
        {
            if (_jobs.TryPeek(out var next))
                return next;
            _arrival ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            arrival = _arrival.Task;
        }

        if (patience > TimeSpan.Zero)
            await arrival.WaitAsync(patience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
            return _jobs.TryPeek(out var next) ? next : null;
    }
}
