using System.Diagnostics;
using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Telegram;
using Clawdex.Gateway.Turns.Answers;
using Clawdex.Gateway.Turns.Budgets;
using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Turns;

/// <summary>
/// Answers one accepted message: the model's stream becomes a reply that grows in the chat, and the turn's end is stored.
/// Every way in which this can go wrong ends in one visible sentence, or leaves the turn open for the next start to finish.
/// </summary>
internal sealed class TurnRunner(
    SessionClient sessions,
    AnswerStreamer model,
    TelegramChat chat,
    MessageFinder finder,
    RunningReplies running,
    AnswerSlots slots,
    IHostApplicationLifetime lifetime,
    IOptions<TelegramOptions> options,
    TimeProvider time,
    ILogger<TurnRunner> logger)
{
    /// <param name="abort">Ends the turn at once and leaves it open.</param>
    public async Task<TurnOutcome> RunAsync(QueuedTurn pending, CancellationToken abort)
    {
        var turn = pending.Turn;
        using var stop = running.Begin(turn.Conversation, turn);
        using var slot = await TakeSlotAsync(pending, stop, abort);
        // What merely waited is left for the next start, without a word.
        if (slot is null && stop.Reason is StopReason.None or StopReason.Shutdown)
            return TurnOutcome.Parked;
        using var telemetry = new TurnTelemetry(pending, time);
        await using var reply = new Reply(turn, sessions, chat, finder, options.Value, time, () => stop.Raise(StopReason.ChatGone), abort);

        var outcome = await AnswerUnlessSettledAsync(pending, slot, reply, stop, abort);
        telemetry.Ended(outcome, reply);
        return outcome;
    }

    /// <summary>Waits for the right to ask a model; null = the turn was broken off meanwhile, or the gateway stops.</summary>
    private async Task<AnswerSlots.Slot?> TakeSlotAsync(QueuedTurn pending, StopSignal stop, CancellationToken abort)
    {
        do
        {
            using var either = CancellationTokenSource.CreateLinkedTokenSource(stop.Token, lifetime.ApplicationStopping, abort);
            try
            {
                return await slots.TakeAsync(pending.Turn.UserId, pending.IsBacklog, either.Token);
            }
            catch (OperationCanceledException) when (!abort.IsCancellationRequested)
            {
                // An edit changes nothing for what waits: the question is read when its time comes.
            }
        }
        while (stop.TakeEdit() is not null);
        return null;
    }

    private async Task<TurnOutcome> AnswerUnlessSettledAsync(
        QueuedTurn pending, AnswerSlots.Slot? slot, Reply reply, StopSignal stop, CancellationToken abort)
    {
        var spending = new Spending(sessions, pending.Turn, pending.MayHaveBeenAsked);
        try
        {
            return await AnswerAsync(pending, slot, spending, reply, stop, abort);
        }
        catch (SessionException error) when (IsSettledElsewhere(error))
        {
            // The chat was forgotten, or someone else has settled it and answers for what the chat shows.
            logger.TurnSettledElsewhere(pending.Turn.Id, error.Failure);
            if (error.Failure is SessionFailure.TakenOver)
                return TurnOutcome.Parked;
            // Who asked was let out: what that has cost is known here alone.
            if (stop.Reason is StopReason.User && error.Failure is SessionFailure.Conflict)
                await sessions.ChargeAsync(pending.Turn.Id, spending.Spent, abort);
            return TurnOutcome.Abandoned;
        }
    }

    /// <param name="slot">Given back when the model has answered: what is left to be shown may take long. Null = there is none, and no model is asked.</param>
    private async Task<TurnOutcome> AnswerAsync(
        QueuedTurn pending, AnswerSlots.Slot? slot, Spending spending, Reply reply, StopSignal stop, CancellationToken abort)
    {
        var turn = pending.Turn;
        try
        {
            if (turn.Answer is { } answer)
                return await DeliverAsync(pending, answer, reply, stop, abort);
            if (pending.IsRecovered && turn.LeftOf(options.Value.AnswerWithin, time.GetUtcNow()) == TimeSpan.Zero)
                return await GiveUpAsync(turn, TurnState.Interrupted, "too-old", UserTexts.TooOld, spending.Spent, reply, abort);

            var draft = await model.AskAsync(turn, reply, spending, stop, abort);
            while (stop.TakeEdit() is { } edited)
            {
                await reply.StartOverAsync();
                draft = await model.AskAsync(turn = edited, reply, spending, stop, abort);
            }

            slot?.Dispose();
            return (stop.Reason, draft) switch
            {
                // What is complete by now is shown faster than a mark that it will be.
                (StopReason.Shutdown, not { HasText: true, End: AnswerEnd.Complete }) => await ParkAsync(turn, spending.Spent, reply, abort),
                (StopReason.ChatGone, _) => await AbandonAsync(turn, spending.Spent, abort),
                (_, { HasText: true }) => await CompleteAsync(pending, draft, spending.Spent, reply, stop, abort),
                (StopReason.User, _) => await GiveUpAsync(turn, TurnState.Cancelled, "stopped", draft.Note(Reference), spending.Spent, reply, abort),
                _ => await GiveUpAsync(turn, TurnState.Failed, draft.Error, draft.Note(Reference), spending.Spent, reply, abort),
            };
        }
        catch (Exception error) when (error is not OperationCanceledException && !IsSettledElsewhere(error))
        {
            logger.TurnFailed(turn.Id, error);
            var failure = (error as SessionException)?.Failure ?? SessionFailure.Broken;
            return await GiveUpAsync(turn, TurnState.Failed, failure.ToString(), UserTexts.Failure(failure, Reference), spent: null, reply, abort);
        }
    }

    /// <summary>There is text, complete or cut: it is stored and shown at the same time, and then the turn is settled.</summary>
    private async Task<TurnOutcome> CompleteAsync(
        QueuedTurn pending, ModelResult draft, Spent spent, Reply reply, StopSignal stop, CancellationToken abort)
    {
        var turn = pending.Turn;
        var answer = new Answer(draft.Text, draft.End, draft.Note(Reference));
        var stored = sessions.CompleteAsync(turn.Id, answer, draft.Usage, spent, abort);
        var shown = ShowAsync();
        await Task.WhenAll(stored, shown);
        return await SettleAsync(turn, answer, await shown, reply, stop, abort);

        async Task<bool> ShowAsync()
        {
            var buttons = ContinueButton.Below(pending, answer);
            // A press goes by what is stored.
            if (buttons.Count > 0)
                await reply.WaitForStoreAsync(stored);
            var isShown = await reply.FinishAsync(answer.Note, buttons);
            await reply.WaitForStoreAsync(Task.WhenAll(stored, reply.Recorded));
            return isShown;
        }
    }

    /// <summary>The answer was stored before a crash; only the chat does not show all of it.</summary>
    private async Task<TurnOutcome> DeliverAsync(QueuedTurn pending, Answer answer, Reply reply, StopSignal stop, CancellationToken abort)
    {
        await reply.AppendAsync(answer.Text, abort);
        var isShown = await reply.FinishAsync(answer.Note, ContinueButton.Below(pending, answer));
        return await SettleAsync(pending.Turn, answer, isShown, reply, stop, abort);
    }

    private async Task<TurnOutcome> SettleAsync(
        Turn turn, Answer answer, bool isShown, Reply reply, StopSignal stop, CancellationToken abort)
    {
        if (stop.Reason is StopReason.ChatGone)
            return await AbandonAsync(turn, spent: null, abort);
        if (!isShown)
            return await GiveUpAsync(turn, TurnState.Failed, "refused", UserTexts.WithReference(UserTexts.NotShown, Reference), spent: null, reply, abort);
        await reply.WaitForStoreAsync(sessions.SettleAsync(turn.Id, reply.MessageIds, abort));
        Activity.Current?.SetTag("clawdex.finish_reason", answer.End.ToString());
        return answer.End switch
        {
            AnswerEnd.Cancelled => TurnOutcome.Stopped,
            AnswerEnd.Interrupted => TurnOutcome.Interrupted,
            _ => TurnOutcome.Delivered,
        };
    }

    /// <summary>There is no answer: the user sees why, and then the turn ends. Nothing of it enters the history.</summary>
    /// <param name="spent">What it cost; null = what it is charged so far.</param>
    private async Task<TurnOutcome> GiveUpAsync(
        Turn turn, TurnState end, string error, string note, Spent? spent, Reply reply, CancellationToken abort)
    {
        try
        {
            // Of a text that is refused, what the chat shows stays, and the note below it may not be refused.
            if (!await reply.FinishAsync(note, []))
                await reply.FinishAsync(note, []);
        }
        catch (SessionException unrecorded) when (!IsSettledElsewhere(unrecorded))
        {
            // What could not be recorded can still be said.
            logger.TurnFailed(turn.Id, unrecorded);
            await reply.FinishAsync(note, []);
        }

        await reply.WaitForStoreAsync(FailAsync());
        Activity.Current?.SetTag("clawdex.finish_reason", error);
        return end is TurnState.Cancelled ? TurnOutcome.Stopped : TurnOutcome.Failed;

        async Task FailAsync()
        {
            // A message that is not accounted for would be found, and taken for its own, by the turn that comes next.
            await reply.Recorded.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await sessions.FailAsync(turn.Id, error, end, spent, abort);
        }
    }

    /// <summary>The gateway stops: the turn stays open, and the user reads that its answer is still to come.</summary>
    /// <param name="spent">What it has cost so far, which is all that it is charged until the next start reserves for more.</param>
    private async Task<TurnOutcome> ParkAsync(Turn turn, Spent spent, Reply reply, CancellationToken abort)
    {
        await reply.FinishAsync(UserTexts.Parked, []);
        await reply.Recorded;
        await sessions.ChargeAsync(turn.Id, spent, abort);
        return TurnOutcome.Parked;
    }

    /// <summary>Nobody can read an answer: the turn ends quietly.</summary>
    private async Task<TurnOutcome> AbandonAsync(Turn turn, Spent? spent, CancellationToken abort)
    {
        await sessions.FailAsync(turn.Id, "chat-gone", TurnState.Interrupted, spent, abort);
        return TurnOutcome.Abandoned;
    }

    private static bool IsSettledElsewhere(Exception error) =>
        error is SessionException { Failure: SessionFailure.Conflict or SessionFailure.NotFound or SessionFailure.TakenOver };

    private static string Reference => GatewayTelemetry.CurrentReference;
}
