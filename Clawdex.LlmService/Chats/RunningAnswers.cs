namespace Clawdex.LlmService.Chats;

/// <summary>
/// The answers that are being streamed, so that a stop lets them end. An orchestrator stops all services at once, and a gateway
/// takes up to 4.5 s to finish its replies; only then are the rest cancelled, down to the providers' sockets.
/// </summary>
/// <remarks>The host awaits this before it stops anything: Kestrel, the first to stop, takes no new calls from then on.</remarks>
internal sealed class RunningAnswers(TimeProvider time) : IHostedLifecycleService, IDisposable
{
    /// <summary>Longer than a gateway waits, and within the 6 s that Aspire's orchestrator gives a process.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5.5);

    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _cut = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _count;
    private Task? _stop;
    private bool _stopping;

    /// <summary>Cancelled when this service cannot wait any longer.</summary>
    public CancellationToken Cut => _cut.Token;

    public void Add()
    {
        lock (_gate)
            _count++;
    }

    public void Remove()
    {
        lock (_gate)
        {
            _count--;
            CompleteWhenNoneIsLeft();
        }
    }

    /// <remarks>A host may stop twice, when its Run ends and when its owner disposes it; both then wait for the one stop.</remarks>
    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
            return _stop ??= EndAsync(cancellationToken);
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _cut.Dispose();

    private async Task EndAsync(CancellationToken cancellationToken)
    {
        _stopping = true;
        CompleteWhenNoneIsLeft();
        await _ended.Task.WaitAsync(Patience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _cut.CancelAsync();
    }

    private void CompleteWhenNoneIsLeft()
    {
        if (_stopping && _count == 0)
            _ended.TrySetResult();
    }
}
