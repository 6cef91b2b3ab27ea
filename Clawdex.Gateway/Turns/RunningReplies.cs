using System.Collections.Concurrent;
using Clawdex.Gateway.Services;

namespace Clawdex.Gateway.Turns;

/// <summary>The replies that are being written right now, at most one per conversation, so that others can break them off.</summary>
internal sealed class RunningReplies
{
    private readonly ConcurrentDictionary<Conversation, StopSignal> _running = new();

    /// <summary>Registers the conversation's reply until the result is disposed.</summary>
    /// <param name="turn">What is answered; null = a command.</param>
    public StopSignal Begin(Conversation conversation, Turn? turn = null)
    {
        var signal = new StopSignal(turn, ended => _running.TryRemove(new KeyValuePair<Conversation, StopSignal>(conversation, ended)));
        _running[conversation] = signal;
        return signal;
    }

    /// <summary>What is being answered.</summary>
    public IEnumerable<Turn> Turns => _running.Values.Select(signal => signal.Turn).OfType<Turn>();

    /// <summary>The reply to a message of the user; null = none is being written.</summary>
    public StopSignal? Find(Conversation conversation, int originMessageId) =>
        _running.TryGetValue(conversation, out var signal) && signal.Turn?.OriginMessageId == originMessageId ? signal : null;

    /// <summary>Whether a reply is being written in a chat, in whichever topic.</summary>
    public bool IsIn(long chatId) => _running.Any(reply => reply.Key.ChatId == chatId);

    /// <summary>Breaks off a conversation's reply, as its user wants. False = nothing runs in this conversation.</summary>
    public bool Stop(Conversation conversation)
    {
        if (!_running.TryGetValue(conversation, out var signal))
            return false;
        signal.Raise(StopReason.User);
        return true;
    }

    /// <summary>Breaks off the replies of turns, as far as they are being written.</summary>
    public void Stop(IReadOnlyList<long> turnIds) => Raise(StopReason.User, reply => reply.Value.Turn is { Id: var id } && turnIds.Contains(id));

    /// <summary>Breaks off the replies to somebody who is let out, wherever he asked. A private chat has its user's number.</summary>
    public void StopUser(long userId) => Raise(StopReason.User, reply => reply.Key.ChatId == userId || reply.Value.Turn?.AskerId == userId);

    /// <summary>Breaks off the replies of a chat that the bot may no longer write to, in all its topics.</summary>
    public void StopChat(long chatId) => Raise(StopReason.ChatGone, reply => reply.Key.ChatId == chatId);

    /// <summary>Breaks off all replies, to be finished after the next start.</summary>
    public void StopAll() => Raise(StopReason.Shutdown, _ => true);

    /// <summary>Has the replies to questions that were edited start over, as far as they are being written.</summary>
    public void StartOver(IReadOnlyList<Turn> edited)
    {
        foreach (var turn in edited)
        {
            // Under the name by which this gateway knows a chat that got a new id.
            if (_running.FirstOrDefault(reply => reply.Value.Turn?.Id == turn.Id) is { Key: var conversation, Value: { } signal })
                signal.StartOver(turn with { Conversation = conversation });
        }
    }

    private void Raise(StopReason reason, Func<KeyValuePair<Conversation, StopSignal>, bool> isMeant)
    {
        foreach (var (_, signal) in _running.Where(isMeant))
            signal.Raise(reason);
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

    /// <summary>The question was edited: its answer starts over.</summary>
    Edited,
}

/// <summary>
/// One running reply, until it is disposed. Breaks it off, and remembers why: the first reason wins, but for an edit, after which
/// the reply would go on.
/// </summary>
/// <param name="ended">It is disposed.</param>
internal sealed class StopSignal(Turn? turn, Action<StopSignal> ended) : IDisposable
{
    private readonly Lock _gate = new();
    private CancellationTokenSource _source = new();
    private bool _isTooLateForEdits;
    private bool _disposed;

    /// <summary>What is answered, as its question reads now; null = a command.</summary>
    public Turn? Turn { get; private set; } = turn;

    public StopReason Reason { get; private set; }

    public CancellationToken Token => _source.Token;

    public void Raise(StopReason reason) => Raise(reason, Turn);

    /// <summary>
    /// Has the answer start over for a question that was edited, unless it is to what that reads now. False = the model has
    /// answered what it read before.
    /// </summary>
    public bool StartOver(Turn edited) => Turn?.AcceptedAt == edited.AcceptedAt || Raise(StopReason.Edited, edited);

    /// <summary>The model is asked what was read just now: the question may have been edited while it waited.</summary>
    public void Read(ChatContext context)
    {
        lock (_gate)
        {
            if (Turn is { } turn && Reason is not StopReason.Edited && context is { AcceptedAt: { } acceptedAt, Messages: [.., { Role: ChatRole.User } question] } && acceptedAt > turn.AcceptedAt)
                Turn = turn with { AcceptedAt = acceptedAt, UserText = question.Text };
        }
    }

    /// <summary>
    /// The turn as its question reads now, if that was edited: the signal is as new then. Null = it was not, and from now on an
    /// edit comes too late.
    /// </summary>
    public Turn? TakeEdit()
    {
        lock (_gate)
        {
            _isTooLateForEdits = Reason is not StopReason.Edited;
            if (_isTooLateForEdits)
                return null;
            Reason = StopReason.None;
            _source.Dispose();
            _source = new CancellationTokenSource();
            return Turn;
        }
    }

    private bool Raise(StopReason reason, Turn? turn)
    {
        CancellationTokenSource source;
        lock (_gate)
        {
            if (_disposed || Reason is not (StopReason.None or StopReason.Edited) || (reason is StopReason.Edited && _isTooLateForEdits))
                return false;
            (Reason, Turn, source) = (reason, turn, _source);
        }

        // Outside of the lock: cancelling runs foreign callbacks, among them the one that closes the stream from the model.
        try
        {
            source.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The turn ended in this very moment.
        }

        return true;
    }

    public void Dispose()
    {
        ended(this);
        lock (_gate)
            _disposed = true;
        _source.Dispose();
    }
}
