using System.Text;
using Clawdex.Gateway.Telegram;
using Clawdex.Gateway.Telegram.Limits;

namespace Clawdex.Gateway.Replies;

/// <summary>
/// Decides when a growing answer is shown: the first text at once, then an edit when the stream pauses, when enough text
/// waits or when it has waited long enough, and the complete text at once; all but the first as the chat's budget allows.
/// Frames that the budget does not allow are skipped, so the newest text wins. Owns the text of one answer; does no I/O and
/// has no timers. One reader calls it: <see cref="Append"/> and <see cref="Complete"/> when the stream says so, and after
/// each of them or after a wait <see cref="Next"/>, as <see cref="PacedText"/> does.
/// </summary>
internal sealed class EditPacer(TelegramOptions options, ChatBudget budget, TimeProvider time)
{
    /// <summary>Waiting text is due this long after the last frame even while chunks keep coming, unless the interval is longer.</summary>
    private static readonly TimeSpan UsualMaxWait = TimeSpan.FromSeconds(1);

    private static readonly PacerStep Idle = new PacerStep.Wait(Timeout.InfiniteTimeSpan);

    // Task.Delay's timers end at 49 days and a 429 has no upper end; asking again costs nothing.
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

    private readonly TimeSpan _interval = TimeSpan.FromMilliseconds(options.EditIntervalMs);
    private readonly ChatClock _clock = new(time);
    private readonly StringBuilder _text = new();

    // Lengths without trailing white space, which Telegram cuts: growth by white space alone shows nothing new.
    private int _visible;
    private int _shown;

    private TimeSpan _firstWaitingAt;
    private TimeSpan _lastChunkAt;
    private TimeSpan _lastShownAt;
    private bool _anythingShown;
    private bool _complete;
    private bool _missing;
    private bool _done;

    // Not the same as done: it is set while a frame is on its way, and what becomes of that must not unset it.
    private volatile bool _cancelled;
    private TimeSpan? _heldBackSince;

    // The frame that is on its way.
    private (int Visible, bool IsFinal, TimeSpan At)? _offered;

    public void Append(string chunk)
    {
        if (chunk.Length == 0 || _complete)
            return;

        _text.Append(chunk);
        _lastChunkAt = _clock.Now;

        var visible = chunk.AsSpan().TrimEnd().Length;
        if (visible == 0)
            return;
        if (_visible <= _shown)
            _firstWaitingAt = _lastChunkAt;
        _visible = _text.Length - chunk.Length + visible;
    }

    /// <summary>The stream has ended: what waits is due, and nothing is appended any more.</summary>
    public void Complete() => _complete = true;

    /// <summary>Nobody wants the rest: <see cref="Next"/> answers nothing from now on.</summary>
    public void Cancel() => _cancelled = true;

    /// <returns>Null = nothing will follow.</returns>
    public PacerStep? Next()
    {
        if (_offered is not null)
            throw new InvalidOperationException($"The last frame was not settled: call {nameof(Settle)} first.");
        if (_done || _cancelled)
            return null;
        if (!_complete && _visible <= _shown)
            return Idle;

        var now = _clock.Now;
        var wait = DueAt(now) - now;
        if (wait <= TimeSpan.Zero)
        {
            wait = IsFree ? TimeSpan.Zero : budget.DelayFor(Priority);
            _heldBackSince ??= wait > TimeSpan.Zero ? now : null;
        }

        return wait > TimeSpan.Zero ? new PacerStep.Wait(wait < LongestWait ? ChatClock.WholeMilliseconds(wait) : LongestWait) : Offer(now);
    }

    /// <summary>Tells what became of the frame that <see cref="Next"/> gave.</summary>
    /// <param name="result">Null = it has nothing visible yet, such as a lone <c>**</c>: the next chunk may be the first visible text.</param>
    public void Settle(SendResult? result)
    {
        if (_offered is not { } frame)
            throw new InvalidOperationException("No frame is on its way.");

        _offered = null;
        _missing = result is SendResult.Later or SendResult.Refused;
        if (result is SendResult.Later)
            return;

        _done = frame.IsFinal;
        _shown = frame.Visible;
        _anythingShown |= result is SendResult.Shown;
        _lastShownAt = frame.At;
    }

    private CallPriority Priority => (_anythingShown, _complete) switch
    {
        (false, _) => CallPriority.First,
        (true, true) => CallPriority.Final,
        (true, false) => CallPriority.Interim,
    };

    // A final frame without new text usually needs no call, so it does not wait for one.
    private bool IsFree => _complete && _visible <= _shown && !_missing;

    private TimeSpan DueAt(TimeSpan now)
    {
        if (_complete || !_anythingShown || _visible - _shown >= options.EditChars)
            return now;

        var whenQuiet = _lastChunkAt + _interval;
        var soonest = _firstWaitingAt + _interval;
        var latest = _lastShownAt + (_interval > UsualMaxWait ? _interval : UsualMaxWait);
        var atLast = latest > soonest ? latest : soonest;
        return whenQuiet < atLast ? whenQuiet : atLast;
    }

    private PacerStep.Show Offer(TimeSpan now)
    {
        _offered = (_visible, _complete, now);
        var heldBack = now - (_heldBackSince ?? now);
        _heldBackSince = null;
        return new PacerStep.Show(_text.ToString(), _complete, Priority) { HeldBack = heldBack };
    }
}

/// <summary>What the reader of a stream has to do next, as <see cref="EditPacer.Next"/> says.</summary>
internal abstract record PacerStep
{
    private PacerStep()
    {
    }

    /// <summary>Wait for the next chunk, at most this long (<see cref="Timeout.InfiniteTimeSpan"/>: nothing is due), then ask again.</summary>
    internal sealed record Wait(TimeSpan AtMost) : PacerStep;

    /// <summary>Bring the chat to this state, then report by <see cref="EditPacer.Settle"/>.</summary>
    /// <param name="Text">All of the answer so far, as the model wrote it.</param>
    /// <param name="IsFinal">The answer is complete. May have the text of the frame before it, which needs no call unless it renders differently.</param>
    /// <param name="Priority">What the calls for this frame cost at the <see cref="ChatBudget"/>; the sender pays each one.</param>
    internal sealed record Show(string Text, bool IsFinal, CallPriority Priority) : PacerStep
    {
        /// <summary>How long it was due, but held back by the budget.</summary>
        public TimeSpan HeldBack { get; init; }
    }
}
