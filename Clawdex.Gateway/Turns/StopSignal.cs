namespace Clawdex.Gateway.Turns;

/// <summary>Why a reply is broken off.</summary>
internal enum StopReason
{
    None,

    /// <summary>The user said <c>/stop</c>.</summary>
    User,

    /// <summary>The gateway shuts down; the turn is finished after the next start.</summary>
    Shutdown,

    /// <summary>The bot may no longer write to the chat.</summary>
    ChatGone,
}

/// <summary>Breaks off one reply, and remembers why: the first reason wins.</summary>
internal sealed class StopSignal : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly Lock _gate = new();
    private bool _disposed;

    public StopReason Reason { get; private set; }

    public CancellationToken Token => _source.Token;

    public void Raise(StopReason reason)
    {
        lock (_gate)
        {
            if (_disposed || Reason is not StopReason.None)
                return;
            Reason = reason;
        }

        // Outside of the lock: cancelling runs foreign callbacks, among them the one that closes the stream from the model.
        try
        {
            _source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The turn ended in this very moment.
        }
    }

    public void Dispose()
    {
        lock (_gate)
            _disposed = true;
        _source.Dispose();
    }
}
