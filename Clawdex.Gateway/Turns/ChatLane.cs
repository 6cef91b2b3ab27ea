namespace Clawdex.Gateway.Turns;

/// <summary>One lane of one conversation: jobs that run one after the other. Its reader begins with the first, and ends when there is nothing left to do.</summary>
internal sealed class ChatLane(Func<ChatLane, Task> read, CancellationToken abort)
{
    private readonly Lock _gate = new();
    private readonly List<ChatJob> _jobs = [];
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
            // Of a conversation, what another gateway took in may come here behind what was written after it.
            var later = job.Pending is { Turn.Id: var id } ? _jobs.FindIndex(waiting => waiting.Pending?.Turn.Id > id) : -1;
            _jobs.Insert(later < 0 ? _jobs.Count : later, job);
            _arrival?.TrySetResult();
            _arrival = null;
            _reader ??= read(this);
            return true;
        }
    }

    /// <summary>The next job; null = there is none, and the lane is closed now.</summary>
    public ChatJob? TakeOrClose()
    {
        lock (_gate)
        {
            if (_jobs is [var job, ..])
            {
                _jobs.RemoveAt(0);
                return job;
            }

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
            if (_jobs is [var next, ..])
                return next;
            _arrival ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            arrival = _arrival.Task;
        }

        if (patience > TimeSpan.Zero)
            await arrival.WaitAsync(patience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        lock (_gate)
            return _jobs is [var next, ..] ? next : null;
    }
}

/// <summary>Something to be done in a conversation, in the order of its lane.</summary>
/// <param name="Pending">The message to be answered; null = it is something else: a command, a notice.</param>
/// <param name="Update">The update that asked for it, held until the job is done; null = none, after a restart.</param>
internal sealed record ChatJob(QueuedTurn? Pending, UpdateTrace? Update, Func<ChatLane, Task> RunAsync);

/// <summary>The queues of a conversation.</summary>
internal enum Lane
{
    /// <summary>Messages and the commands that wait for them.</summary>
    Ordered,

    /// <summary>What must not wait behind an answer: <c>/stop</c>, <c>/status</c>, notices.</summary>
    Express,

    /// <summary>What is said when the other lanes have no room.</summary>
    Spare,
}
