using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;
using System.Text;
using Clawdex.LlmService.Providers;

namespace Clawdex.LlmService.Chats;

/// <summary>
/// One answer that outlives the call that asked for it: it grows whether somebody reads it or not, and can be read again from its
/// beginning. <see cref="RunningAnswers"/> owns it, and changes who reads it under a lock of its own.
/// </summary>
internal sealed class RunningAnswer(TimeProvider time) : IDisposable
{
    /// <summary>Characters of two bytes each: more than a gateway shows, and half a megabyte. What would be longer ends there.</summary>
    public const int LongestText = 256 * 1024;

    /// <summary>
    /// How long text is gathered behind what was told before: each event costs its reader and this service a wake-up, and a chat is
    /// edited far less often. The first text and the end wait for nothing.
    /// </summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(25);

    private readonly CancellationTokenSource _unwanted = new(Timeout.InfiniteTimeSpan, time);
    private readonly Lock _gate = new();
    private readonly List<ChatEvent.Started> _started = [];
    private readonly StringBuilder _text = new();
    private readonly TaskCompletionSource _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ChatEvent? _end;
    private Exception? _broken;
    private TaskCompletionSource? _changed;

    /// <summary>The task that lets it grow, and then keeps it.</summary>
    public Task Life { get; set; } = Task.CompletedTask;

    /// <summary>Who reads; null = nobody, since <see cref="UnreadSince"/>.</summary>
    public CancellationTokenSource? Reader { get; private set; }

    public long UnreadSince { get; private set; }

    /// <summary>Somebody has read its end, or nobody wants it: nothing is lost when it goes.</summary>
    public bool IsSettled { get; set; }

    /// <summary>Cancelled when nobody reads for too long, or wants it any more.</summary>
    public CancellationToken Unwanted => _unwanted.Token;

    /// <summary>Not when it failed: who asks again then wants another answer.</summary>
    public bool CanBeTakenUp
    {
        get
        {
            lock (_gate)
                return !_unwanted.IsCancellationRequested && _broken is null && _end is not ChatEvent.Failed;
        }
    }

    /// <returns>Ends when the reader before it has heard that it is superseded.</returns>
    public Task BeginReadingAsync(CancellationTokenSource reader)
    {
        _unwanted.CancelAfter(Timeout.InfiniteTimeSpan);
        var before = Reader;
        // First: it looks here why it is cancelled.
        Reader = reader;
        return before?.CancelAsync() ?? Task.CompletedTask;
    }

    /// <param name="keptFor">It ends when nobody else has begun to read by then.</param>
    /// <returns>False: somebody else reads already.</returns>
    public bool EndReading(CancellationTokenSource reader, TimeSpan keptFor)
    {
        if (Reader != reader)
            return false;
        (Reader, UnreadSince) = (null, time.GetTimestamp());
        _unwanted.CancelAfter(keptFor);
        return true;
    }

    public Task EndAsync() => _unwanted.CancelAsync();

    public void Dispose() => _unwanted.Dispose();

    /// <summary>Takes in what comes until its end.</summary>
    public async Task GrowAsync(IAsyncEnumerable<ChatEvent> events)
    {
        await foreach (var next in events)
        {
            if (!Add(next))
                break;
        }
    }

    /// <summary>No more comes: whoever reads is told so by this.</summary>
    public void Break(Exception error)
    {
        lock (_gate)
        {
            _broken = error;
            _over.TrySetResult();
            Changed();
        }
    }

    /// <summary>All of it: the text so far at once, so that a message which shows it never becomes shorter, and then what comes.</summary>
    public async IAsyncEnumerable<ChatEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var (started, shown) = (0, 0);
        while (true)
        {
            var (next, changed) = Next(ref started, ref shown);
            if (next is null)
            {
                await changed.WaitAsync(cancellationToken);
                continue;
            }

            IsSettled |= next is ChatEvent.Finished;
            yield return next;
            if (next is ChatEvent.Finished or ChatEvent.Failed)
                yield break;
            if (next is ChatEvent.Delta)
                await _over.Task.WaitAsync(Pause, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <returns>False: it is over.</returns>
    private bool Add(ChatEvent next)
    {
        lock (_gate)
        {
            if (next is ChatEvent.Started started)
                _started.Add(started);
            else if (next is not ChatEvent.Delta { Text: var text })
                _end = next;
            else if (_text.Length + text.Length <= LongestText)
                _text.Append(text);
            else
                _end = new ChatEvent.Finished(FinishReason.Length, Usage: null, _started[^1].Model, Why: null);
            if (_end is not null)
                _over.TrySetResult();
            Changed();
            return _end is null;
        }
    }

    private void Changed()
    {
        _changed?.TrySetResult();
        _changed = null;
    }

    /// <returns>The next event; null = there is none before the task ends.</returns>
    private (ChatEvent? Next, Task Changed) Next(ref int started, ref int shown)
    {
        lock (_gate)
        {
            if (started < _started.Count)
                return (_started[started++], Task.CompletedTask);
            if (shown < _text.Length)
            {
                var text = _text.ToString(shown, _text.Length - shown);
                shown = _text.Length;
                return (new ChatEvent.Delta(text), Task.CompletedTask);
            }

            if (_end is null && _broken is not null)
                ExceptionDispatchInfo.Throw(_broken);
            return (_end, (_changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task);
        }
    }
}
