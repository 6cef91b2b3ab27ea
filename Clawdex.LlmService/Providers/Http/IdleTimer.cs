namespace Clawdex.LlmService.Providers.Http;

/// <summary>
/// Cancels what waits for a provider once it has been silent for too long, or once the caller gives up. It runs only while
/// somebody waits: a slow reader of the answer is not the provider's silence.
/// </summary>
internal sealed class IdleTimer : IDisposable
{
    private readonly TimeSpan _usual;
    private readonly CancellationToken _caller;
    private readonly CancellationTokenSource _silence;
    private readonly CancellationTokenSource _either;

    /// <param name="usual">The limit from the first sign of an answer on.</param>
    /// <param name="caller">Gives up.</param>
    /// <param name="first">The limit until then; null = the same.</param>
    public IdleTimer(TimeSpan usual, TimeProvider timeProvider, CancellationToken caller, TimeSpan? first = null)
    {
        _usual = usual;
        Limit = first ?? usual;
        _caller = caller;
        _silence = new CancellationTokenSource(Timeout.InfiniteTimeSpan, timeProvider);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_silence.Token, caller);
    }

    public TimeSpan Limit { get; set; }

    public CancellationToken Token => _either.Token;

    /// <summary>The provider was silent for too long, and the caller still waits.</summary>
    public bool Expired => _silence.IsCancellationRequested && !_caller.IsCancellationRequested;

    /// <summary>What it means that it has expired.</summary>
    public FailureKind Failure => Limit > _usual ? FailureKind.NotLoaded : FailureKind.Silent;

    /// <summary>An event of the answer has come.</summary>
    public bool HasHeard { get; private set; }

    public void Heard() => (HasHeard, Limit) = (true, _usual);

    public void Start() => _silence.CancelAfter(Limit);

    public void Stop() => _silence.CancelAfter(Timeout.InfiniteTimeSpan);

    public void Dispose()
    {
        _either.Dispose();
        _silence.Dispose();
    }
}
