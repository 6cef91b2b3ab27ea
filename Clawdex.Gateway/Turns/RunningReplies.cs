using System.Collections.Concurrent;

namespace Clawdex.Gateway.Turns;

/// <summary>The replies that are being written right now, at most one per conversation, so that others can break them off.</summary>
internal sealed class RunningReplies
{
    private readonly ConcurrentDictionary<Conversation, StopSignal> _running = new();

    /// <summary>Registers the conversation's reply until the result is disposed.</summary>
    public Registration Begin(Conversation conversation)
    {
        var signal = new StopSignal();
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
