namespace Clawdex.Gateway.Services.Lease;

/// <summary>Something that this gateway may do for a while: it can be waited for, and a token tells of its end.</summary>
internal sealed class Permission : IDisposable
{
    private readonly Lock _gate = new();
    private TaskCompletionSource _given = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource _ended = new();
    private bool _isGiven;

    public bool IsGiven
    {
        get
        {
            lock (_gate)
                return _isGiven;
        }
    }

    /// <summary>Waits until it is given; the result is cancelled when it no longer is.</summary>
    public async Task<CancellationToken> GivenAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task given;
            lock (_gate)
            {
                if (_isGiven)
                    return _ended.Token;
                given = _given.Task;
            }

            await given.WaitAsync(cancellationToken);
        }
    }

    public void Give()
    {
        lock (_gate)
        {
            _isGiven = true;
            _given.TrySetResult();
        }
    }

    public async Task TakeBackAsync()
    {
        CancellationTokenSource ended;
        lock (_gate)
        {
            if (!_isGiven)
                return;
            _isGiven = false;
            (ended, _ended) = (_ended, new CancellationTokenSource());
            _given = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        await ended.CancelAsync();
        ended.Dispose();
    }

    public void Dispose() => _ended.Dispose();
}
