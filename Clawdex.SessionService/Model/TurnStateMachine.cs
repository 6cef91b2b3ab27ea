namespace Clawdex.SessionService.Model;

/// <summary>What can happen to a turn after it was accepted.</summary>
internal enum TurnEvent
{
    /// <summary>Chat messages show some of the reply.</summary>
    Shown,

    /// <summary>The same, of messages that are known already: perhaps a repeated call that comes late.</summary>
    ShownAgain,

    /// <summary>The model's answer is there, whole or cut.</summary>
    Completed,

    /// <summary>The whole reply is visible.</summary>
    Delivered,

    /// <summary>There will be no answer, and the user knows.</summary>
    Failed,

    /// <summary>The user stopped the turn before there was an answer.</summary>
    Cancelled,

    /// <summary>The turn broke off before there was an answer, and the user knows.</summary>
    Interrupted,
}

/// <summary>
/// The one place that knows which way a turn may go. Pure: <c>TurnLedger</c> stores what it says. The same as a table is
/// in docs/turns.md, which a test compares with this.
/// </summary>
internal static class TurnStateMachine
{
    public static bool IsSettled(TurnState state) =>
        state is TurnState.Delivered or TurnState.Cancelled or TurnState.Failed or TurnState.Interrupted;

    /// <returns>The state afterwards; a repeat took effect before, and changes nothing. Null = the event cannot happen to a turn in this state.</returns>
    /// <param name="wasAnswered">An answer was stored before, whatever became of it.</param>
    /// <param name="finishReason">Why the model stopped, once it was answered.</param>
    public static (TurnState State, bool IsRepeat)? Next(TurnState state, TurnEvent @event, bool wasAnswered, FinishReason finishReason) => (state, @event) switch
    {
        (TurnState.Accepted or TurnState.Streaming, TurnEvent.Shown or TurnEvent.ShownAgain) => Enter(TurnState.Streaming),
        (TurnState.Answered, TurnEvent.Shown or TurnEvent.ShownAgain) => Enter(TurnState.Answered),
        (_, TurnEvent.ShownAgain) => Repeat(state),

        (TurnState.Accepted or TurnState.Streaming, TurnEvent.Completed) => Enter(TurnState.Answered),
        (_, TurnEvent.Completed) when wasAnswered => Repeat(state),

        (TurnState.Answered, TurnEvent.Delivered) => Enter(DeliveredAs(finishReason)),
        (TurnState.Delivered or TurnState.Cancelled or TurnState.Interrupted, TurnEvent.Delivered) when wasAnswered => Repeat(state),

        // An answer that cannot be shown (the chat is gone) fails too; it stays in the history.
        (TurnState.Accepted or TurnState.Streaming or TurnState.Answered, TurnEvent.Failed) => Enter(TurnState.Failed),
        (TurnState.Accepted or TurnState.Streaming or TurnState.Answered, TurnEvent.Cancelled) => Enter(TurnState.Cancelled),
        (TurnState.Accepted or TurnState.Streaming or TurnState.Answered, TurnEvent.Interrupted) => Enter(TurnState.Interrupted),
        (TurnState.Failed, TurnEvent.Failed) => Repeat(state),
        (TurnState.Cancelled, TurnEvent.Cancelled) => Repeat(state),
        (TurnState.Interrupted, TurnEvent.Interrupted) => Repeat(state),

        _ => null,
    };

    private static TurnState DeliveredAs(FinishReason reason) => reason switch
    {
        FinishReason.Cancelled => TurnState.Cancelled,
        FinishReason.Interrupted => TurnState.Interrupted,
        _ => TurnState.Delivered,
    };

    private static (TurnState State, bool IsRepeat) Enter(TurnState state) => (state, false);

    private static (TurnState State, bool IsRepeat) Repeat(TurnState state) => (state, true);
}
