using System.Text;
using Clawdex.Gateway.Telegram;

namespace Clawdex.Gateway.Replies;

/// <summary>
/// Decides when a growing answer is shown: the first text at once, then an edit when the stream pauses, when enough text
/// waits or when it has waited long enough, and the complete text at once; all but the first as the chat's budget allows.
/// Frames that the budget does not allow are skipped, so the newest text wins. Owns the text of one answer; does no I/O and
/// has no timers. One reader calls it: <see cref="Append"/> and <see cref="Complete"/> when the stream says so, and after
/// each of them or after a wait <see cref="Next"/>, as <see cref="PacedStream"/> does.
/// </summary>
internal sealed class EditPacer(EditPacing pacing, ChatBudget budget, TimeProvider time)
{
    private static readonly PacerStep Finished = new PacerStep.Done();
    private static readonly PacerStep Idle = new PacerStep.Wait(Timeout.InfiniteTimeSpan);

    // Task.Delay's timers end at 49 days and a 429 has no upper end; asking again costs nothing.
    private static readonly TimeSpan LongestWait = TimeSpan.FromHours(1);

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
    private Frame? _offered;

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

    /// <summary>Nobody wants the rest: <see cref="Next"/> answers done from now on.</summary>
    public void Cancel() => _cancelled = true;

    public PacerStep Next()
    {
        if (_offered is not null)
            throw new InvalidOperationException($"The last frame was not settled: call {nameof(Settle)} first.");
        if (_done || _cancelled)
            return Finished;
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
    public void Settle(FrameResult result)
    {
        if (_offered is not { } frame)
            throw new InvalidOperationException("No frame is on its way.");

        _offered = null;
        _missing = result is FrameResult.Later or FrameResult.Refused;
        if (result is FrameResult.Later)
            return;

        _done = frame.IsFinal;
        _shown = frame.Visible;
        _anythingShown |= result is FrameResult.Shown;
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
        if (_complete || !_anythingShown || _visible - _shown >= pacing.Characters)
            return now;

        var whenQuiet = _lastChunkAt + pacing.Interval;
        var soonest = _firstWaitingAt + pacing.Interval;
        var latest = _lastShownAt + pacing.MaxWait;
        var atLast = latest > soonest ? latest : soonest;
        return whenQuiet < atLast ? whenQuiet : atLast;
    }

    private PacerStep.Show Offer(TimeSpan now)
    {
        _offered = new Frame(_visible, _complete, now);
        var heldBack = now - (_heldBackSince ?? now);
        _heldBackSince = null;
        return new PacerStep.Show(_text.ToString(), _complete, Priority) { HeldBack = heldBack };
    }

    private sealed record Frame(int Visible, bool IsFinal, TimeSpan At);
}
