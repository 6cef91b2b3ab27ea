using Clawdex.SessionService.History;
using Clawdex.SessionService.Model;
using Clawdex.SessionService.Storage;
using Microsoft.EntityFrameworkCore;

namespace Clawdex.SessionService.Turns;

/// <summary>What <c>/status</c> shows of a session.</summary>
/// <param name="LastTraceParent">W3C traceparent of the newest message's turn; null = none.</param>
/// <param name="LastModel">The model of the context's newest answer; null = unknown, or there is none.</param>
/// <param name="CostMicrodollars">Of all its turns since it began or was reset, those taken back included.</param>
internal sealed record SessionStatus(Session Session, ContextSize Context, string? LastTraceParent, string? LastModel, long CostMicrodollars);

/// <summary>What concerns a session as a whole: its state, its model, its reset, its move to another chat.</summary>
internal sealed class SessionRegistry(ISessionWriter writer, SessionReader reader)
{
    /// <summary>Telegram keeps an update for no longer, so nothing that was accepted earlier is delivered again.</summary>
    private static readonly TimeSpan UpdateLifetime = TimeSpan.FromHours(24);

    /// <summary>The session as it is; null = no such session.</summary>
    public Task<SessionStatus?> FindAsync(string sessionKey, CancellationToken cancellationToken) =>
        reader.ReadAsync(
            async db =>
            {
                if (await db.Sessions.SingleOrDefaultAsync(row => row.SessionKey == sessionKey, cancellationToken) is not { } session)
                    return null;
                var inForce = await db.InForce(session.Id).FirstOrDefaultAsync(cancellationToken);
                var newest = db.Context(session.Id, inForce).OrderByDescending(message => message.Id);
                return new SessionStatus(
                    session,
                    await ContextSize.OfAsync(db, session, inForce, cancellationToken),
                    await TurnOf(db, newest).Select(turn => turn.TraceParent).FirstOrDefaultAsync(cancellationToken),
                    await TurnOf(db, newest.Where(message => message.Role == MessageRole.Assistant)).Select(turn => turn.Model).FirstOrDefaultAsync(cancellationToken),
                    await CostOfAsync(db, session.Id, cancellationToken));
            },
            cancellationToken);

    /// <summary>Sets the model override, or clears it with null; creates the session.</summary>
    public Task SetModelAsync(SessionIdentity identity, string? model, CancellationToken cancellationToken) =>
        SetAsync(identity, session => session.ModelOverride = model, cancellationToken);

    /// <summary>Sets whether answers may end as rich messages, or leaves it to the settings with null; creates the session.</summary>
    public Task SetRichAsync(SessionIdentity identity, bool? rich, CancellationToken cancellationToken) =>
        SetAsync(identity, session => session.Rich = rich, cancellationToken);

    /// <summary>Deletes messages and compactions, and answers how many messages those were; null = this command did so before.</summary>
    /// <remarks>
    /// Turns stay while their updates may be delivered again, and are still duplicates then. The command is stored as one of
    /// them, or its own second delivery would delete what came after it. A reply that is under way still reaches the user: its
    /// turn is detached, keeps its own texts until it settles, and its answer stays out of the new history.
    /// </remarks>
    public Task<int?> ResetAsync(SessionIdentity identity, string sourceId, long originMessageId, CancellationToken cancellationToken) =>
        writer.WriteAsync(transaction => ResetAsync(transaction, identity, sourceId, originMessageId), cancellationToken);

    /// <summary>Deletes the session and all that is in it, and answers how many messages those were; null = this command did so before.</summary>
    /// <remarks>
    /// What is not settled is cancelled: who may still be at work on it is refused from now on. The updates of the last day stay
    /// duplicates, this command among them, in a session that all forgotten ones share: nothing in it tells whose they were.
    /// </remarks>
    public Task<int?> ForgetAsync(SessionIdentity identity, string sourceId, CancellationToken cancellationToken) =>
        writer.WriteAsync(transaction => ForgetAsync(transaction, identity, sourceId), cancellationToken);

    /// <summary>Gives the sessions of a chat and its forum topics the chat's new id, and answers how many there were.</summary>
    public Task<int> MoveAsync(string channel, string fromChatId, string toChatId, CancellationToken cancellationToken) =>
        writer.WriteAsync(transaction => MoveAsync(transaction, channel, fromChatId, toChatId), cancellationToken);

    private Task<bool> SetAsync(SessionIdentity identity, Action<Session> set, CancellationToken cancellationToken) => writer.WriteAsync(
        async transaction =>
        {
            var session = await transaction.FindOrCreateSessionAsync(identity);
            var earlier = session with { };
            set(session);
            if (session == earlier)
                return false;
            await transaction.SaveAsync(session);
            return true;
        },
        cancellationToken);

    private static async Task<int?> ResetAsync(WriteTransaction transaction, SessionIdentity identity, string sourceId, long originMessageId)
    {
        var db = transaction.Db;
        if (await TurnLedger.FindAsync(db, identity.SessionKey, sourceId) is { TurnId: not null })
            return null;

        var session = await transaction.FindOrCreateSessionAsync(identity);
        foreach (var turn in await db.Turns.Where(turn => turn.SessionId == session.Id && turn.SettledAt == null && !turn.Detached).ToListAsync())
        {
            var (question, answer) = (Message.IdOfUser(turn.Id), Message.IdOfAssistant(turn.Id));
            turn.Detached = true;
            turn.DetachedUserText = await db.Messages.Where(message => message.Id == question).Select(message => message.Content).SingleOrDefaultAsync();
            turn.DetachedAnswerText = await db.Messages.Where(message => message.Id == answer).Select(message => message.Content).SingleOrDefaultAsync();
        }

        var deleted = await DeleteHistoryAsync(transaction, session);
        Remember(transaction, session, sourceId, originMessageId);
        session.MessageCount = 0;
        await transaction.SaveAsync(session);
        return deleted;
    }

    private static async Task<int?> ForgetAsync(WriteTransaction transaction, SessionIdentity identity, string sourceId)
    {
        var db = transaction.Db;
        if (await TurnLedger.FindAsync(db, Session.ForgottenKey, sourceId) is { TurnId: not null })
            return null;

        var forgotten = await transaction.FindOrCreateSessionAsync(new SessionIdentity(Session.ForgottenKey, Session.ForgottenKey, Session.ForgottenKey));
        await DeleteOldTurnsAsync(transaction, forgotten);
        Remember(transaction, forgotten, sourceId, originMessageId: 0);
        await db.SaveChangesAsync();
        if (await transaction.FindSessionAsync(identity.SessionKey) is not { } session)
            return 0;

        await TurnOwners.CancelOpenAsync(transaction, session);
        // What is tracked as the session's would be deleted with it.
        db.ChangeTracker.Clear();
        var deleted = await DeleteHistoryAsync(transaction, session);
        await UnknownTo(db, forgotten, session).ExecuteUpdateAsync(turn => turn
            .SetProperty(row => row.SessionId, forgotten.Id)
            .SetProperty(row => row.OriginMessageId, 0L)
            .SetProperty(row => row.ReplyMessageIds, [])
            .SetProperty(row => row.FinishReason, FinishReason.Unknown)
            .SetProperty(row => row.Error, (string?)null)
            .SetProperty(row => row.Detail, (string?)null)
            .SetProperty(row => row.Model, (string?)null)
            .SetProperty(row => row.PromptTokens, 0)
            .SetProperty(row => row.CompletionTokens, 0)
            .SetProperty(row => row.CostMicrodollars, 0L)
            .SetProperty(row => row.UserId, 0L)
            .SetProperty(row => row.TraceParent, (string?)null)
            .SetProperty(row => row.Detached, false)
            .SetProperty(row => row.DetachedUserText, (string?)null)
            .SetProperty(row => row.DetachedAnswerText, (string?)null));
        db.Sessions.Remove(session);
        transaction.HistoryChanged(session.SessionKey);
        await db.SaveChangesAsync();
        return deleted;
    }

    private static async Task<long> CostOfAsync(SessionDbContext db, long sessionId, CancellationToken cancellationToken)
    {
        // A reset leaves turns that are older than the conversation.
        var first = await db.Messages.Where(message => message.SessionId == sessionId).MinAsync(message => (long?)message.Id, cancellationToken) / 2;
        return await db.Turns.Where(turn => turn.SessionId == sessionId && turn.Id >= first).SumAsync(turn => turn.CostMicrodollars, cancellationToken);
    }

    /// <summary>The turn of the first of <paramref name="messages"/>.</summary>
    private static IQueryable<Turn> TurnOf(SessionDbContext db, IQueryable<Message> messages) =>
        messages.Take(1).Join(db.Turns, message => message.Id / 2, turn => turn.Id, (_, turn) => turn);

    /// <summary>Deletes messages, compactions and old turns, and answers how many messages those were.</summary>
    private static async Task<int> DeleteHistoryAsync(WriteTransaction transaction, Session session)
    {
        transaction.Erased();
        await DeleteOldTurnsAsync(transaction, session);
        await transaction.Db.Compactions.Where(compaction => compaction.SessionId == session.Id).ExecuteDeleteAsync();
        return await transaction.Db.Messages.Where(message => message.SessionId == session.Id).ExecuteDeleteAsync();
    }

    /// <summary>Deletes the turns whose updates are not delivered again.</summary>
    private static Task<int> DeleteOldTurnsAsync(WriteTransaction transaction, Session session)
    {
        var before = transaction.Now - UpdateLifetime;
        return transaction.Db.Turns.Where(turn => turn.SessionId == session.Id && turn.SettledAt < before).ExecuteDeleteAsync();
    }

    /// <summary>The turns of one session whose updates another one does not have.</summary>
    private static IQueryable<Turn> UnknownTo(SessionDbContext db, Session other, Session session) =>
        db.Turns.Where(turn => turn.SessionId == session.Id && !db.Turns.Any(known => known.SessionId == other.Id && known.SourceId == turn.SourceId));

    /// <summary>Stores a command that deletes or undoes as a turn that needs no answer: delivered again, it is known.</summary>
    public static Turn Remember(WriteTransaction transaction, Session session, string sourceId, long originMessageId) =>
        transaction.Db.Turns.Add(new Turn
        {
            SessionId = session.Id,
            SourceId = sourceId,
            State = TurnState.Delivered,
            OriginMessageId = originMessageId,
            AcceptedAt = transaction.Now,
            SettledAt = transaction.Now,
        }).Entity;

    private static async Task<int> MoveAsync(WriteTransaction transaction, string channel, string fromChatId, string toChatId)
    {
        var db = transaction.Db;
        var sessions = await db.Sessions.Where(session => session.Channel == channel && session.ChatId == fromChatId).OrderBy(session => session.Id).ToListAsync();
        foreach (var session in sessions)
        {
            var prefix = $"{channel}:{fromChatId}";
            var suffix = session.SessionKey.StartsWith(prefix, StringComparison.Ordinal) ? session.SessionKey[prefix.Length..] : "";
            var movedKey = $"{channel}:{toChatId}{suffix}";
            transaction.HistoryChanged(session.SessionKey);
            // The new chat numbers its messages anew: of a reply that is under way there, none is known, and perhaps there is one.
            await db.Turns.Where(turn => turn.SessionId == session.Id && turn.SettledAt == null && turn.State != TurnState.Accepted)
                .ExecuteUpdateAsync(turn => turn.SetProperty(row => row.ReplyMessageIds, [0]));
            if (await transaction.FindSessionAsync(movedKey) is { } existing)
            {
                await MergeAsync(transaction, session, existing);
                continue;
            }

            (session.SessionKey, session.ChatId) = (movedKey, toChatId);
            await transaction.SaveAsync(session);
        }

        return sessions.Count;
    }

    /// <summary>
    /// Someone wrote to the chat's new id before its move was known here. Message ids order the two histories. An update that
    /// was accepted under both ids keeps its turn in the new session; the old one goes with the old session's row.
    /// A summary of one history says nothing of the other's messages, which its range would hide, open questions among them:
    /// no compaction stays in force.
    /// </summary>
    private static async Task MergeAsync(WriteTransaction transaction, Session from, Session into)
    {
        var (db, now) = (transaction.Db, transaction.Now);
        await db.InForce(from.Id).ExecuteUpdateAsync(compaction => compaction.SetProperty(row => row.UndoneAt, now));
        await db.InForce(into.Id).ExecuteUpdateAsync(compaction => compaction.SetProperty(row => row.UndoneAt, now));
        await db.Messages
            .Where(message => message.SessionId == from.Id && !db.Messages.Any(known => known.SessionId == into.Id && known.SourceId != null && known.SourceId == message.SourceId))
            .ExecuteUpdateAsync(message => message.SetProperty(row => row.SessionId, into.Id));
        await UnknownTo(db, into, from).ExecuteUpdateAsync(turn => turn.SetProperty(row => row.SessionId, into.Id));
        await db.Compactions.Where(compaction => compaction.SessionId == from.Id)
            .ExecuteUpdateAsync(compaction => compaction.SetProperty(row => row.SessionId, into.Id));

        db.Sessions.Remove(from);
        into.MessageCount = await db.Messages.CountAsync(message => message.SessionId == into.Id && message.TakenBackBy == null);
        into.ModelOverride ??= from.ModelOverride;
        into.Rich ??= from.Rich;
        into.InsertedAt = from.InsertedAt < into.InsertedAt ? from.InsertedAt : into.InsertedAt;
        await transaction.SaveAsync(into);
    }
}
