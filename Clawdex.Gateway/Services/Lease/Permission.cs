namespace Clawdex.Gateway.Services.Lease;

/// <summary>Something that this gateway may do for a while: it can be waited for, and a token tells of its end.</summary>
internal sealed class Permission : IDisposable
{
    private readonly Lock _gate = new();
    private TaskCompletionSource<CancellationToken> _given = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource _ended = new();

    public bool IsGiven
    {
        get
        {
            lock (_gate)
                return _given.Task.IsCompleted;
        }
    }

    /// <summary>Waits until it is given; the result is cancelled when it no longer is. Who waits hears of each time, however short it was.</summary>
    public Task<CancellationToken> GivenAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
            return _given.Task.WaitAsync(cancellationToken);
    }

    public void Give()
    {
        lock (_gate)
            _given.TrySetResult(_ended.Token);
    }

    public async Task TakeBackAsync()
    {
        CancellationTokenSource ended;
        lock (_gate)
        {
            if (!_given.Task.IsCompleted)
                return;
            (ended, _ended) = (_ended, new CancellationTokenSource());
            _given = new TaskCompletionSource<CancellationToken>(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        await ended.CancelAsync();
        ended.Dispose();
    }

    public void Dispose() => _ended.Dispose();
}
