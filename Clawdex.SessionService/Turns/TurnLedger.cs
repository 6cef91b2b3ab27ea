using Clawdex.SessionService.Model;
using Clawdex.SessionService.Storage;

namespace Clawdex.SessionService.Turns;

/// <summary>What a user said, and where to answer.</summary>
internal sealed record IncomingMessage(SessionIdentity Session, string SourceId, string Text, long OriginMessageId, string? TraceParent);

/// <summary>A stored message's turn; <c>IsDuplicate</c> = it had been stored before.</summary>
internal sealed record AcceptedMessage(TurnView View, bool IsDuplicate);

/// <summary>A model's answer to a turn.</summary>
/// <param name="PromptTokens">As the provider counted; 0 = unknown.</param>
/// <param name="CompletionTokens">As the provider counted; 0 = unknown.</param>
/// <param name="EstimatedPromptTokens">What the context was estimated at; 0 = unknown.</param>
internal sealed record Answer(
    long TurnId,
    string Text,
    FinishReason FinishReason,
    string? Model,
    int PromptTokens,
    int CompletionTokens,
    int EstimatedPromptTokens,
    string? Detail);

/// <summary>Takes messages in and leads each one's turn through its life. Every method is one transaction and may be repeated.</summary>
internal sealed class TurnLedger(SessionWriter writer, SessionReader reader)
{
    /// <summary>Stores a user's message and opens its turn; creates the session.</summary>
    public Task<AcceptedMessage> AcceptAsync(IncomingMessage message, CancellationToken cancellationToken) =>
        writer.WriteAsync(transaction => Accept(transaction, message), cancellationToken);

    /// <summary>Records which chat messages show the reply, or that all of it is visible.</summary>
    public Task<Outcome<TurnState>> UpdateDeliveryAsync(long turnId, long[] replyMessageIds, bool delivered, CancellationToken cancellationToken) =>
        writer.WriteAsync(transaction => UpdateDelivery(transaction, turnId, replyMessageIds, delivered), cancellationToken);

    /// <summary>Stores the answer, and learns from what the provider counted.</summary>
    public Task<Outcome<TurnState>> CompleteAsync(Answer answer, CancellationToken cancellationToken) =>
        writer.WriteAsync(transaction => Complete(transaction, answer), cancellationToken);

    /// <summary>Ends a turn without an answer. Nothing of it enters the history.</summary>
    public Task<Outcome<TurnState>> FailAsync(long turnId, string error, FinishReason reason, CancellationToken cancellationToken) =>
        writer.WriteAsync(transaction => Fail(transaction, turnId, error, reason), cancellationToken);

    /// <summary>Turns that are not settled, oldest first.</summary>
    public Task<List<TurnView>> ListOpenAsync(long afterTurnId, int count, CancellationToken cancellationToken) =>
        reader.ListOpenTurnsAsync(afterTurnId, count, cancellationToken);

    /// <summary>The chat messages of the newest turns, settled ones included, newest first.</summary>
    public Task<List<TurnMessages>> ListRecentAsync(string channel, int count, CancellationToken cancellationToken) =>
        reader.ListRecentMessagesAsync(channel, count, cancellationToken);

    private static AcceptedMessage Accept(WriteTransaction transaction, IncomingMessage message)
    {
        var (sessionKey, channel, chatId) = message.Session;
        if (transaction.Turns.FindForgotten(message.SourceId) is { } forgotten)
            return new AcceptedMessage(View(transaction, forgotten, transaction.Sessions.Get(forgotten.SessionId)), IsDuplicate: true);

        var session = transaction.Sessions.Find(sessionKey) ?? transaction.Sessions.Insert(sessionKey, channel, chatId);
        if (transaction.Turns.FindBySource(session.Id, message.SourceId) is { } known)
            return new AcceptedMessage(View(transaction, known, session), IsDuplicate: true);

        var turn = transaction.Turns.Insert(new Turn
        {
            SessionId = session.Id,
            SourceId = message.SourceId,
            State = TurnState.Accepted,
            OriginMessageId = message.OriginMessageId,
            TraceParent = message.TraceParent,
            AcceptedAt = transaction.Now,
        });
        session = Append(transaction, session, openTurns: 1, new Message
        {
            Id = Message.IdOfUser(turn.Id),
            SessionId = session.Id,
            Role = MessageRole.User,
            Content = message.Text,
            TokenCount = TokenEstimate.Of(message.Text),
            SourceId = message.SourceId,
            InsertedAt = turn.AcceptedAt,
        }, message.TraceParent);
        return new AcceptedMessage(new TurnView(turn, session, message.Text, AnswerText: ""), IsDuplicate: false);
    }

    private static Outcome<TurnState> UpdateDelivery(WriteTransaction transaction, long turnId, long[] replyMessageIds, bool delivered)
    {
        if (transaction.Turns.Find(turnId) is not { } turn)
            return NoSuchTurn(turnId);

        var isKnown = replyMessageIds.All(turn.ReplyMessageIds.Contains);
        var step = TurnStateMachine.Next(turn, delivered ? TurnEvent.Delivered : isKnown ? TurnEvent.ShownAgain : TurnEvent.Shown);
        return Take(transaction, turn, step, delivered ? "delivered" : "shown", next => next with
        {
            // No ids say nothing about the ids: the last call of a reply need not repeat them.
            ReplyMessageIds = replyMessageIds.Length > 0 ? replyMessageIds : turn.ReplyMessageIds,
        });
    }

    private static Outcome<TurnState> Complete(WriteTransaction transaction, Answer answer)
    {
        if (transaction.Turns.Find(answer.TurnId) is not { } turn)
            return NoSuchTurn(answer.TurnId);

        var step = TurnStateMachine.Next(turn, TurnEvent.Completed);
        if (step.Kind == TurnStepKind.Enter)
            Remember(transaction, turn, answer);
        return Take(transaction, turn, step, "completed", next => next with
        {
            FinishReason = answer.FinishReason,
            Model = answer.Model,
            PromptTokens = answer.PromptTokens,
            CompletionTokens = answer.CompletionTokens,
            Detail = answer.Detail,
            DetachedAnswerText = turn.Detached ? answer.Text : null,
            AnsweredAt = transaction.Now,
        });
    }

    /// <summary>Adds the answer to the history, unless the session was reset since the question, and adjusts the token estimate.</summary>
    private static void Remember(WriteTransaction transaction, Turn turn, Answer answer)
    {
        var session = transaction.Sessions.Get(turn.SessionId);
        var correction = TokenEstimate.Learn(session.TokenCorrection, answer.EstimatedPromptTokens, answer.PromptTokens);
        var learnt = session with { TokenCorrection = correction };
        if (answer.Text.Length > 0 && !turn.Detached)
        {
            Append(transaction, learnt, openTurns: 0, new Message
            {
                Id = Message.IdOfAssistant(turn.Id),
                SessionId = session.Id,
                Role = MessageRole.Assistant,
                Content = answer.Text,
                TokenCount = TokenEstimate.Of(answer.Text),
                InsertedAt = transaction.Now,
            }, model: answer.Model);
        }
        else if (learnt != session)
        {
            transaction.Changed(new SessionChange.Delta(transaction.Sessions.Update(learnt)));
        }
    }

    private static Outcome<TurnState> Fail(WriteTransaction transaction, long turnId, string error, FinishReason reason)
    {
        if (transaction.Turns.Find(turnId) is not { } turn)
            return NoSuchTurn(turnId);

        var step = TurnStateMachine.Next(turn, reason switch
        {
            FinishReason.Cancelled => TurnEvent.Cancelled,
            FinishReason.Interrupted => TurnEvent.Interrupted,
            _ => TurnEvent.Failed,
        });
        return Take(transaction, turn, step, "failed", next => next with { Error = error, FinishReason = reason });
    }

    /// <summary>Stores what the state machine decided; <paramref name="describe"/> adds the facts that come with it.</summary>
    private static Outcome<TurnState> Take(
        WriteTransaction transaction, Turn turn, TurnStep step, string verb, Func<Turn, Turn> describe)
    {
        if (step.Kind == TurnStepKind.Refuse)
            return new Refusal(RefusalKind.NotAllowed, $"Turn {turn.Id} is {ColumnText.Of(turn.State)} and cannot be {verb}.");
        if (step.Kind == TurnStepKind.Repeat)
            return turn.State;

        var next = describe(turn) with { State = step.State };
        if (TurnStateMachine.IsSettled(step.State))
        {
            next = next with { SettledAt = transaction.Now, DetachedUserText = null, DetachedAnswerText = null };
            if (turn.Detached)
                transaction.Erased();
            var session = transaction.Sessions.Update(transaction.Sessions.Get(turn.SessionId));
            transaction.Changed(new SessionChange.Delta(session, OpenTurns: -1));
        }

        transaction.Turns.Update(turn, next);
        if (next.State != turn.State)
            transaction.TurnEntered(next.State);
        return step.State;
    }

    private static Session Append(
        WriteTransaction transaction, Session session, int openTurns, Message message, string? traceParent = null, string? model = null)
    {
        transaction.Messages.Insert(message);
        var updated = transaction.Sessions.Update(session with { MessageCount = session.MessageCount + 1 });
        transaction.Changed(new SessionChange.Delta(updated, message, openTurns, traceParent, model));
        return updated;
    }

    private static TurnView View(WriteTransaction transaction, Turn turn, Session session) => new(
        turn,
        session,
        transaction.Messages.Find(Message.IdOfUser(turn.Id))?.Content ?? turn.DetachedUserText ?? "",
        transaction.Messages.Find(Message.IdOfAssistant(turn.Id))?.Content ?? turn.DetachedAnswerText ?? "");

    private static Refusal NoSuchTurn(long turnId) => new(RefusalKind.NotFound, $"There is no turn {turnId}.");
}
