using Clawdex.SessionService.Model;
using Clawdex.SessionService.Storage;
using Microsoft.EntityFrameworkCore;

namespace Clawdex.SessionService.Turns;

/// <summary>Takes messages in and leads each one's turn through its life. Every method is one transaction and may be repeated.</summary>
internal sealed class TurnLedger(ISessionWriter writer, SessionReader reader)
{
    private static readonly Func<SessionDbContext, long, Task<TurnView?>> ById = EF.CompileAsyncQuery(
        (SessionDbContext db, long id) => db.Turns.AsNoTracking().Where(turn => turn.Id == id)
            .Join(db.Sessions, turn => turn.SessionId, session => session.Id, (turn, session) => new TurnView(turn, session, "", ""))
            .SingleOrDefault());

    // The update may be known to the session, or to one that was forgotten since.
    private static readonly Func<SessionDbContext, string, string, string, IAsyncEnumerable<SourceRow>> BySource = EF.CompileAsyncQuery(
        (SessionDbContext db, string sessionKey, string sourceId, string gateway) => db.Sessions.AsNoTracking()
            .Where(session => session.SessionKey == sessionKey || session.SessionKey == Session.ForgottenKey)
            .Select(session => new SourceRow(
                session,
                db.Turns.Where(turn => turn.SessionId == session.Id && turn.SourceId == sourceId).Select(turn => (long?)turn.Id).FirstOrDefault(),
                db.Turns.Any(turn => turn.SessionId == session.Id && turn.SettledAt == null && turn.Owner != gateway && turn.Owner != ""))));

    /// <summary>
    /// The session, the turn of that update in it or in one that was forgotten since, and whether a gateway other than the asking one
    /// has an open turn in the session. Null = there is none.
    /// </summary>
    public static async Task<(Session? Session, long? TurnId, bool IsAnsweredElsewhere)> FindAsync(
        SessionDbContext db, string sessionKey, string sourceId, string gateway = "")
    {
        (Session? Session, long? TurnId, bool IsAnsweredElsewhere) found = default;
        await foreach (var row in BySource(db, sessionKey, sourceId, gateway))
        {
            found.TurnId ??= row.TurnId;
            if (row.Session.SessionKey == sessionKey)
                (found.Session, found.IsAnsweredElsewhere) = (row.Session, row.IsAnsweredElsewhere);
        }

        return found;
    }

    /// <summary>Stores a user's message and opens its turn, unless the budget is spent; creates the session.</summary>
    public Task<Outcome<Acceptance>> AcceptAsync(NewMessage message, CancellationToken cancellationToken) =>
        writer.WriteAsync(transaction => AcceptAsync(transaction, message), cancellationToken);

    /// <summary>Lets a question that is still to be answered read as its author has edited it. Null = there is none, or the budget is spent.</summary>
    public Task<TurnView?> EditQuestionAsync(string sessionKey, long originMessageId, string text, Budget? budget, string gateway, CancellationToken cancellationToken) =>
        writer.WriteAsync(transaction => EditQuestionAsync(transaction, sessionKey, originMessageId, text, budget, gateway), cancellationToken);

    /// <summary>Records which chat messages show the reply, or that all of it is visible.</summary>
    public Task<Outcome<TurnProgress>> UpdateDeliveryAsync(
        long turnId, long[] replyMessageIds, bool delivered, string gateway, CancellationToken cancellationToken) =>
        writer.WriteAsync(
            transaction => TakeAsync(
                transaction,
                turnId,
                gateway,
                turn => delivered ? TurnEvent.Delivered : replyMessageIds.All(turn.ReplyMessageIds.Contains) ? TurnEvent.ShownAgain : TurnEvent.Shown,
                delivered ? "delivered" : "shown",
                (turn, _) =>
                {
                    // No ids say nothing about the ids: the last call of a reply need not repeat them.
                    if (replyMessageIds.Length > 0)
                        turn.ReplyMessageIds = replyMessageIds;
                    return default;
                }),
            cancellationToken);

    /// <summary>Stores the answer, and learns from what the provider counted.</summary>
    public Task<Outcome<TurnProgress>> CompleteAsync(Answer answer, CancellationToken cancellationToken) =>
        writer.WriteAsync(
            transaction => TakeAsync(transaction, answer.TurnId, answer.Gateway, _ => TurnEvent.Completed, "completed", async (turn, session) =>
            {
                turn.FinishReason = answer.FinishReason;
                turn.Model = answer.Model;
                turn.PromptTokens = answer.PromptTokens;
                turn.CompletionTokens = answer.CompletionTokens;
                turn.Detail = answer.Detail;
                turn.DetachedAnswerText = turn.Detached ? answer.Text : null;
                turn.AnsweredAt = transaction.Now;
                session.TokenCorrection = TokenEstimate.Learn(session.TokenCorrection, answer.EstimatedPromptTokens, answer.PromptTokens);
                await UsageLedger.ChargeAsync(transaction, turn, answer.Charge);
                // A session that was reset since the question has another history.
                return answer.Text.Length > 0 && !turn.Detached ? await AppendAsync(transaction, session, turn, MessageRole.Assistant, answer.Text) : null;
            }),
            cancellationToken);

    /// <summary>Ends a turn without an answer. Nothing of it enters the history.</summary>
    /// <param name="charge">What the turn cost in all; null = what is reserved stands.</param>
    public Task<Outcome<TurnProgress>> FailAsync(
        long turnId, string error, FinishReason reason, Charge? charge, string gateway, CancellationToken cancellationToken) =>
        writer.WriteAsync(
            transaction => TakeAsync(transaction, turnId, gateway, _ => EventOf(reason), "failed", async (turn, _) =>
            {
                (turn.Error, turn.FinishReason) = (error, reason);
                await UsageLedger.ChargeAsync(transaction, turn, charge);
                return null;
            }),
            cancellationToken);

    /// <summary>The newest turns, settled ones included, newest first and without texts.</summary>
    public Task<List<TurnView>> ListRecentAsync(string channel, int count, CancellationToken cancellationToken) =>
        reader.QueryAsync(
            db => (from turn in db.Turns
                   join session in db.Sessions on turn.SessionId equals session.Id
                   where session.Channel == channel
                   orderby turn.Id descending
                   select new TurnView(turn, session, "", "")).Take(count).ToListAsync(cancellationToken));

    private static async Task<Outcome<Acceptance>> AcceptAsync(WriteTransaction transaction, NewMessage message)
    {
        var db = transaction.Db;
        var (known, duplicate, isAnsweredElsewhere) = await FindAsync(db, message.Session.SessionKey, message.SourceId, message.Gateway);
        if (duplicate is not null)
            return new Acceptance(await db.WithTexts(db.Turns.Where(row => row.Id == duplicate)).SingleAsync(), IsDuplicate: true, null);
        if (message.ContinuesTurnId is { } cut && !await IsCutAndLastAsync(db, known?.Id, cut))
            return new Refusal(RefusalKind.NotAllowed, $"Turn {cut} is not the session's last one, or its answer was not cut.");
        var former = message.IsRetry ? await UndoLedger.LastQuestionAsync(db, known?.Id) : null;
        if (message.IsRetry && (former is null || (message.Text.Length > 0 && message.OriginMessageId != former.Turn.OriginMessageId)))
            return new Refusal(RefusalKind.NotAllowed, "There is no question, or an answer is still to come.");
        if (former is not null)
            message = message with { Text = message.Text.Length > 0 ? message.Text : former.UserText, OriginMessageId = former.Turn.OriginMessageId };

        var (reserved, usedBefore) = (0L, (TokensUsed?)null);
        if (message.Budget is { } budget)
        {
            (reserved, usedBefore) = await UsageLedger.ReserveAsync(transaction, budget, known, message.Text);
            if (budget.IsSpent(usedBefore))
                return new Acceptance(null, IsDuplicate: false, usedBefore);
        }

        var session = known ?? await transaction.CreateSessionAsync(message.Session);
        var turn = message.Open(session.Id, transaction.Now);
        turn.ReplyMessageIds = [.. (former?.Turn.ReplyMessageIds ?? []).Where(id => id != 0)];
        turn.Tokens = reserved;
        // Behind what another gateway answers it waits, until that one hands it over: whether that one still lives must not be
        // asked here, or this turn would pass those that are taken up from a dead one.
        turn.Owner = isAnsweredElsewhere ? Turn.Waiting : message.Gateway;
        turn = turn with { Id = await transaction.Turns.InsertAsync(turn) };
        if (former is not null)
            await UndoLedger.TakeBackAsync(transaction, session, former.Turn.Id, by: turn.Id);
        if (!message.IsCommand)
        {
            var earlier = session with { };
            await SaveAsync(transaction, session, earlier, await AppendAsync(transaction, session, turn, MessageRole.User, message.Text));
        }

        return new Acceptance(new TurnView(turn, session, message.Text, AnswerText: ""), IsDuplicate: false, usedBefore);
    }

    private static async Task<TurnView?> EditQuestionAsync(
        WriteTransaction transaction, string sessionKey, long originMessageId, string text, Budget? budget, string gateway)
    {
        var db = transaction.Db;
        if (await transaction.FindSessionAsync(sessionKey) is not { } session)
            return null;
        var open = db.MayStillBeAnswered(session.Id).Where(row => row.OriginMessageId == originMessageId);
        // What it is charged is charged to the day on which it was accepted.
        if (await db.WithTexts(open).FirstOrDefaultAsync() is not { } view || UsageLedger.DayOf(view.Turn.AcceptedAt) != UsageLedger.DayOf(transaction.Now))
            return null;
        if (view.UserText == text)
            return view;

        // By its time an edited question is told from what it was, and another service, whose clock is ahead, may have given it that.
        var (now, later) = (transaction.Now, view.Turn.AcceptedAt.AddMilliseconds(1));
        var turn = view.Turn with { AcceptedAt = now > later ? now : later };
        // A model may have been asked: that stays charged, and it is asked once more.
        if (turn.State is TurnState.Streaming && budget is not null)
        {
            var (reserved, usedBefore) = await UsageLedger.ReserveAsync(transaction, budget, session, text);
            if (budget.IsSpent(usedBefore))
                return null;
            turn.Tokens += reserved;
        }

        await transaction.Turns.UpdateAsync(turn, view.Turn);
        await db.Messages.Where(row => row.Id == Message.IdOfUser(turn.Id)).ExecuteUpdateAsync(
            row => row.SetProperty(message => message.Content, text)
                .SetProperty(message => message.TokenCount, TokenEstimate.Of(text))
                .SetProperty(message => message.InsertedAt, turn.AcceptedAt));
        await transaction.SaveAsync(session);
        return view with { Turn = turn, UserText = text };
    }

    /// <summary>Whether the session's last message is the turn's answer, and was cut.</summary>
    private static async Task<bool> IsCutAndLastAsync(SessionDbContext db, long? sessionId, long turnId) =>
        await db.Messages.Where(message => message.SessionId == sessionId && message.TakenBackBy == null).MaxAsync(message => (long?)message.Id) == Message.IdOfAssistant(turnId)
        && await ById(db, turnId) is { Turn.FinishReason: FinishReason.Length or FinishReason.Interrupted };

    /// <summary>Adds a turn's question or answer to the history.</summary>
    private static async Task<Message> AppendAsync(WriteTransaction transaction, Session session, Turn turn, MessageRole role, string content)
    {
        var message = Message.Of(turn, role, content);
        await transaction.Messages.InsertAsync(message);
        session.MessageCount++;
        return message;
    }

    private static async Task SaveAsync(WriteTransaction transaction, Session session, Session earlier, Message? appended)
    {
        transaction.Appended(session, appended);
        await transaction.Sessions.UpdateAsync(session, earlier);
    }

    /// <summary>Stores what the state machine decides; <paramref name="describe"/> adds the facts that come with it, and answers what entered the history.</summary>
    private static async Task<Outcome<TurnProgress>> TakeAsync(
        WriteTransaction transaction, long turnId, string gateway, Func<Turn, TurnEvent> eventOf, string verb, Func<Turn, Session, ValueTask<Message?>> describe)
    {
        if (await ById(transaction.Db, turnId) is not { Turn: var turn, Session: var session })
            return new Refusal(RefusalKind.NotFound, $"There is no turn {turnId}.");
        if (!turn.IsFor(gateway))
            return new Refusal(RefusalKind.NotOwner, $"Another gateway answers turn {turnId}.");
        if (TurnStateMachine.Next(turn.State, eventOf(turn), turn.AnsweredAt is not null, turn.FinishReason) is not { } step)
            return new Refusal(RefusalKind.NotAllowed, $"Turn {turnId} is {EnumWords.Of(turn.State)} and cannot be {verb}.");
        if (step.IsRepeat)
            return new TurnProgress(step.State, turn.SettledAt is null ? [] : await TurnOwners.ListOfAsync(transaction.Db, session.Id, gateway));

        var (earlier, earlierSession) = (turn with { }, session with { });
        var appended = await describe(turn, session);
        if (step.State != turn.State)
            transaction.TurnEntered(step.State);
        turn.State = step.State;
        if (TurnStateMachine.IsSettled(step.State))
        {
            turn.SettledAt = transaction.Now;
            (turn.DetachedUserText, turn.DetachedAnswerText) = (null, null);
            if (turn.Detached)
                transaction.Erased();
        }

        await transaction.Turns.UpdateAsync(turn, earlier);
        if (turn.SettledAt is not null || session != earlierSession)
            await SaveAsync(transaction, session, earlierSession, appended);
        return new TurnProgress(step.State, turn.SettledAt is null ? [] : await TurnOwners.HandOverAsync(transaction.Db, session.Id, gateway));
    }

    private static TurnEvent EventOf(FinishReason reason) => reason switch
    {
        FinishReason.Cancelled => TurnEvent.Cancelled,
        FinishReason.Interrupted => TurnEvent.Interrupted,
        _ => TurnEvent.Failed,
    };

    /// <param name="Session">One that may know an update.</param>
    /// <param name="TurnId">The turn that it has for the update; null = none.</param>
    /// <param name="IsAnsweredElsewhere">It has a turn that is open and not the asking gateway's.</param>
    private sealed record SourceRow(Session Session, long? TurnId, bool IsAnsweredElsewhere);
}
