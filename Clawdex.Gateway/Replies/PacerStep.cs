using Clawdex.Gateway.Telegram;



namespace Clawdex.Gateway.Replies;

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

    /// <summary>Nothing will follow.</summary>
    internal sealed record Done : PacerStep;
}

/// <summary>What became of a frame.</summary>
internal enum FrameResult
{
    /// <summary>The chat shows it, by a call or because it already did.</summary>
    Shown,

    /// <summary>It has nothing visible yet, such as a lone <c>**</c>: nothing was sent, and the next chunk may be the first visible text.</summary>
    Blank,

    /// <summary>Not shown, or only in part: a 429 (reported to the <see cref="ChatBudget"/>) or a budget that another call emptied. Comes again with the newest text.</summary>
    Later,

    /// <summary>Not shown, or only in part, and the same frame never will be: Telegram takes it in no way. A frame with newer text may be.</summary>
    Refused,
}
