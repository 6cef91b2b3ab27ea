using System.Collections.Concurrent;

namespace Clawdex.Gateway.Turns;

/// <summary>The replies that are being written right now, at most one per conversation, so that others can break them off.</summary>
internal sealed class RunningReplies
{
    private readonly ConcurrentDictionary<Conversation, StopSignal> _running = new();

    /// <summary>Registers the conversation's reply until the result is disposed.</summary>
    /// <param name="conversation">Where.</param>
    /// <param name="turnId">The turn that it is of; 0 = a command's.</param>
    public Registration Begin(Conversation conversation, long turnId)
    {
        var signal = new StopSignal(turnId);
        _running[conversation] = signal;
        return new Registration(this, conversation, signal);
    }

    /// <summary>False = nothing runs in this conversation.</summary>
    public bool Stop(Conversation conversation, StopReason reason)
    {
        if (!_running.TryGetValue(conversation, out var signal))
            return false;
        signal.Raise(reason);
        return true;
    }

    /// <summary>Breaks off the replies of turns, as far as they are being written.</summary>
    public void Stop(IReadOnlyList<long> turnIds)
    {
        foreach (var signal in _running.Values.Where(signal => turnIds.Contains(signal.TurnId)))
            signal.Raise(StopReason.User);
    }

    /// <summary>Breaks off the replies of a chat in all its topics.</summary>
    public void StopChat(long chatId, StopReason reason)
    {
        foreach (var (conversation, signal) in _running)
        {
            if (conversation.ChatId == chatId)
                signal.Raise(reason);
        }
    }

    public void StopAll(StopReason reason)
    {
        foreach (var signal in _running.Values)
            signal.Raise(reason);
    }

    /// <summary>One running reply.</summary>
    internal sealed class Registration(RunningReplies owner, Conversation conversation, StopSignal signal) : IDisposable
    {
        public StopSignal Signal { get; } = signal;

        public void Dispose()
        {
            owner._running.TryRemove(new KeyValuePair<Conversation, StopSignal>(conversation, Signal));
            Signal.Dispose();
        }
    }
}

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
/// <param name="turnId">The turn that the reply is of.</param>
internal sealed class StopSignal(long turnId) : IDisposable
{
    private readonly CancellationTokenSource _source = new();
    private readonly Lock _gate = new();
    private bool _disposed;

    public long TurnId => turnId;

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
