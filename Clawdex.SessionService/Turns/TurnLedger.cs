using Clawdex.SessionService.Model;
using Clawdex.SessionService.Storage;
using Microsoft.EntityFrameworkCore;

namespace Clawdex.SessionService.Turns;

/// <summary>What a user wrote.</summary>
/// <param name="SourceId">Unique per session: the same update, delivered again, has the same one.</param>
/// <param name="ContinuesTurnId">The turn whose answer was cut and is to go on; null = none.</param>
internal sealed record NewMessage(
    SessionIdentity Session, string SourceId, string Text, long OriginMessageId, string? TraceParent, long? ContinuesTurnId);

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
    private static readonly Func<SessionDbContext, long, Task<Turn?>> ById = EF.CompileAsyncQuery(
        (SessionDbContext db, long id) => db.Turns.AsNoTracking().SingleOrDefault(turn => turn.Id == id));

    private static readonly Func<SessionDbContext, long, Task<Session>> SessionById = EF.CompileAsyncQuery(
        (SessionDbContext db, long id) => db.Sessions.AsNoTracking().Single(session => session.Id == id));

    private static readonly Func<SessionDbContext, string, string, Task<long?>> Known = EF.CompileAsyncQuery(
        (SessionDbContext db, string sessionKey, string sourceId) => db.Sessions
            .Where(session => session.SessionKey == sessionKey || session.SessionKey == Session.ForgottenKey)
            .Join(db.Turns.Where(turn => turn.SourceId == sourceId), session => session.Id, turn => turn.SessionId, (_, turn) => (long?)turn.Id)
            .FirstOrDefault());

    /// <summary>The turn of that update in the session, or in one that was forgotten since; null = it is new.</summary>
    public static Task<long?> FindKnownAsync(SessionDbContext db, string sessionKey, string sourceId) => Known(db, sessionKey, sourceId);

    /// <summary>Stores a user's message and opens its turn; creates the session.</summary>
    public Task<Outcome<(TurnView View, bool IsDuplicate)>> AcceptAsync(NewMessage message, CancellationToken cancellationToken) =>
        writer.WriteAsync(transaction => AcceptAsync(transaction, message), cancellationToken);

    /// <summary>Records which chat messages show the reply, or that all of it is visible.</summary>
    public Task<Outcome<TurnState>> UpdateDeliveryAsync(long turnId, long[] replyMessageIds, bool delivered, CancellationToken cancellationToken) =>
        writer.WriteAsync(
            transaction => TakeAsync(
                transaction,
                turnId,
                turn => delivered ? TurnEvent.Delivered : replyMessageIds.All(turn.ReplyMessageIds.Contains) ? TurnEvent.ShownAgain : TurnEvent.Shown,
                delivered ? "delivered" : "shown",
                turn =>
                {
                    // No ids say nothing about the ids: the last call of a reply need not repeat them.
                    if (replyMessageIds.Length > 0)
                        turn.ReplyMessageIds = replyMessageIds;
                    return Task.CompletedTask;
                }),
            cancellationToken);

    /// <summary>Stores the answer, and learns from what the provider counted.</summary>
    public Task<Outcome<TurnState>> CompleteAsync(Answer answer, CancellationToken cancellationToken) =>
        writer.WriteAsync(
            transaction => TakeAsync(transaction, answer.TurnId, _ => TurnEvent.Completed, "completed", async turn =>
            {
                await RememberAsync(transaction, turn, answer);
                turn.FinishReason = answer.FinishReason;
                turn.Model = answer.Model;
                turn.PromptTokens = answer.PromptTokens;
                turn.CompletionTokens = answer.CompletionTokens;
                turn.Detail = answer.Detail;
                turn.DetachedAnswerText = turn.Detached ? answer.Text : null;
                turn.AnsweredAt = transaction.Now;
            }),
            cancellationToken);

    /// <summary>Ends a turn without an answer. Nothing of it enters the history.</summary>
    public Task<Outcome<TurnState>> FailAsync(long turnId, string error, FinishReason reason, CancellationToken cancellationToken) =>
        writer.WriteAsync(
            transaction => TakeAsync(transaction, turnId, _ => EventOf(reason), "failed", turn =>
            {
                (turn.Error, turn.FinishReason) = (error, reason);
                return Task.CompletedTask;
            }),
            cancellationToken);

    /// <summary>Turns that are not settled, oldest first.</summary>
    public Task<List<TurnView>> ListOpenAsync(long afterTurnId, int count, CancellationToken cancellationToken) =>
        reader.ReadAsync(
            db => WithTexts(db, db.Turns.Where(turn => turn.SettledAt == null && turn.Id > afterTurnId).OrderBy(turn => turn.Id).Take(count))
                .ToListAsync(cancellationToken),
            cancellationToken);

    /// <summary>The newest turns, settled ones included, newest first and without texts.</summary>
    public Task<List<TurnView>> ListRecentAsync(string channel, int count, CancellationToken cancellationToken) =>
        reader.ReadAsync(
            db => (from turn in db.Turns
                   join session in db.Sessions on turn.SessionId equals session.Id
                   where session.Channel == channel
                   orderby turn.Id descending
                   select new TurnView(turn, session, "", "")).Take(count).ToListAsync(cancellationToken),
            cancellationToken);

    private static async Task<Outcome<(TurnView View, bool IsDuplicate)>> AcceptAsync(WriteTransaction transaction, NewMessage message)
    {
        var db = transaction.Db;
        if (await FindKnownAsync(db, message.Session.SessionKey, message.SourceId) is { } known)
            return (await WithTexts(db, db.Turns.Where(row => row.Id == known)).SingleAsync(), true);
        if (message.ContinuesTurnId is { } cut && !await IsCutAndLastAsync(db, message.Session.SessionKey, cut))
            return new Refusal(RefusalKind.NotAllowed, $"Turn {cut} is not the session's last one, or its answer was not cut.");

        var session = await transaction.FindOrCreateSessionAsync(message.Session);
        var turn = new Turn
        {
            SessionId = session.Id,
            SourceId = message.SourceId,
            State = TurnState.Accepted,
            OriginMessageId = message.OriginMessageId,
            TraceParent = message.TraceParent,
            AcceptedAt = transaction.Now,
        };
        turn = turn with { Id = await transaction.Turns.InsertAsync(turn) };
        await AppendAsync(transaction, session, session with { }, new Message
        {
            Id = Message.IdOfUser(turn.Id),
            SessionId = session.Id,
            Role = MessageRole.User,
            Content = message.Text,
            TokenCount = TokenEstimate.Of(message.Text),
            SourceId = message.SourceId,
            InsertedAt = turn.AcceptedAt,
        });
        return (new TurnView(turn, session, message.Text, AnswerText: ""), false);
    }

    /// <summary>Whether the session's last message is the turn's answer, and was cut.</summary>
    private static async Task<bool> IsCutAndLastAsync(SessionDbContext db, string sessionKey, long turnId)
    {
        var last = await db.Messages
            .Where(message => db.Sessions.Any(session => session.SessionKey == sessionKey && session.Id == message.SessionId))
            .MaxAsync(message => (long?)message.Id);
        return last == Message.IdOfAssistant(turnId) && await ById(db, turnId) is { FinishReason: FinishReason.Length or FinishReason.Interrupted };
    }

    /// <summary>Adds the answer to the history, unless the session was reset since the question, and adjusts the token estimate.</summary>
    private static async Task RememberAsync(WriteTransaction transaction, Turn turn, Answer answer)
    {
        var session = await SessionById(transaction.Db, turn.SessionId);
        var earlier = session with { };
        session.TokenCorrection = TokenEstimate.Learn(session.TokenCorrection, answer.EstimatedPromptTokens, answer.PromptTokens);
        if (answer.Text.Length > 0 && !turn.Detached)
        {
            await AppendAsync(transaction, session, earlier, new Message
            {
                Id = Message.IdOfAssistant(turn.Id),
                SessionId = session.Id,
                Role = MessageRole.Assistant,
                Content = answer.Text,
                TokenCount = TokenEstimate.Of(answer.Text),
                InsertedAt = transaction.Now,
            });
        }
        else if (session != earlier)
        {
            transaction.Changed(session);
            await transaction.Sessions.UpdateAsync(session, earlier);
        }
    }

    private static async Task AppendAsync(WriteTransaction transaction, Session session, Session earlier, Message message)
    {
        await transaction.Messages.InsertAsync(message);
        session.MessageCount++;
        transaction.Changed(session);
        await transaction.Sessions.UpdateAsync(session, earlier);
    }

    /// <summary>Stores what the state machine decides; <paramref name="describe"/> adds the facts that come with it.</summary>
    private static async Task<Outcome<TurnState>> TakeAsync(
        WriteTransaction transaction, long turnId, Func<Turn, TurnEvent> eventOf, string verb, Func<Turn, Task> describe)
    {
        if (await ById(transaction.Db, turnId) is not { } turn)
            return new Refusal(RefusalKind.NotFound, $"There is no turn {turnId}.");
        if (TurnStateMachine.Next(turn, eventOf(turn)) is not { } step)
            return new Refusal(RefusalKind.NotAllowed, $"Turn {turnId} is {EnumWords.Of(turn.State)} and cannot be {verb}.");
        if (step.IsRepeat)
            return step.State;

        var earlier = turn with { };
        await describe(turn);
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
        return step.State;
    }

    private static TurnEvent EventOf(FinishReason reason) => reason switch
    {
        FinishReason.Cancelled => TurnEvent.Cancelled,
        FinishReason.Interrupted => TurnEvent.Interrupted,
        _ => TurnEvent.Failed,
    };

    private static IQueryable<TurnView> WithTexts(SessionDbContext db, IQueryable<Turn> turns) =>
        from turn in turns.AsNoTracking()
        join session in db.Sessions on turn.SessionId equals session.Id
        orderby turn.Id
        select new TurnView(
            turn,
            session,
            db.Messages.Where(message => message.Id == turn.Id * 2).Select(message => message.Content).FirstOrDefault() ?? turn.DetachedUserText ?? "",
            db.Messages.Where(message => message.Id == (turn.Id * 2) + 1).Select(message => message.Content).FirstOrDefault() ?? turn.DetachedAnswerText ?? "");
}
