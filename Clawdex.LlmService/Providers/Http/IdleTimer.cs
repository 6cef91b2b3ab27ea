namespace Clawdex.LlmService.Providers.Http;

/// <summary>
/// Cancels what waits for a provider once it has been silent for too long, or once the caller gives up. It runs only while
/// somebody waits: a slow reader of the answer is not the provider's silence.
/// </summary>
internal sealed class IdleTimer : IDisposable
{
    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource _silence;
    private readonly CancellationTokenSource _either;

    public IdleTimer(TimeSpan limit, TimeProvider timeProvider, CancellationToken caller)
    {
        Limit = limit;
        _caller = caller;
        _silence = new CancellationTokenSource(Timeout.InfiniteTimeSpan, timeProvider);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_silence.Token, caller);
    }

    public TimeSpan Limit { get; set; }

    public CancellationToken Token => _either.Token;

    /// <summary>The provider was silent for too long, and the caller still waits.</summary>
    public bool Expired => _silence.IsCancellationRequested && !_caller.IsCancellationRequested;

    public void Start() => _silence.CancelAfter(Limit);

    public void Stop() => _silence.CancelAfter(Timeout.InfiniteTimeSpan);

    public void Dispose()
    {
        _either.Dispose();
        _silence.Dispose();
    }
}
