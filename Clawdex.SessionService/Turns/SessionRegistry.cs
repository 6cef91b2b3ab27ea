using Clawdex.SessionService.History;
using Clawdex.SessionService.Model;
using Clawdex.SessionService.Storage;

namespace Clawdex.SessionService.Turns;

/// <summary>What concerns a session as a whole: its state, its model, its reset, its move to another chat.</summary>
internal sealed class SessionRegistry(SessionWriter writer, HistoryCache cache)
{
    /// <summary>Depth for callers that want counters, not messages: what a reply will want anyway.</summary>
    private const int AnyDepth = ContextReader.MinDepth;

    /// <summary>Telegram keeps an update for no longer, so nothing that was accepted earlier is delivered again.</summary>
    private static readonly TimeSpan UpdateLifetime = TimeSpan.FromHours(24);

    /// <summary>The session as it is; null = no such session.</summary>
    public ValueTask<SessionHistory?> FindAsync(string sessionKey, CancellationToken cancellationToken) =>
        cache.GetAsync(sessionKey, AnyDepth, cancellationToken);

    /// <summary>Sets the model override, or clears it with null; creates the session.</summary>
    public Task<Session> SetModelAsync(SessionIdentity identity, string? model, CancellationToken cancellationToken) =>
        writer.WriteAsync(transaction => SetModel(transaction, identity, model), cancellationToken);

    /// <summary>Deletes messages and compactions, and answers how many messages those were; null = this command did so before.</summary>
    /// <remarks>
    /// Turns stay while their updates may be delivered again, and are still duplicates then. The command is stored as one of
    /// them, or its own second delivery would delete what came after it. A reply that is under way still reaches the user: its
    /// turn is detached, keeps its own texts until it settles, and its answer stays out of the new history.
    /// </remarks>
    public Task<int?> ResetAsync(SessionIdentity identity, string sourceId, long originMessageId, CancellationToken cancellationToken) =>
        writer.WriteAsync(transaction => Reset(transaction, identity, sourceId, originMessageId), cancellationToken);

    /// <summary>Deletes the session and all that is in it, and answers how many messages those were; null = this command did so before.</summary>
    /// <remarks>
    /// What is not settled is cancelled: who may still be at work on it is refused from now on. The updates of the last day stay
    /// duplicates, this command among them, in a session that all forgotten ones share: nothing in it tells whose they were.
    /// </remarks>
    public Task<int?> ForgetAsync(SessionIdentity identity, string sourceId, CancellationToken cancellationToken) =>
        writer.WriteAsync(transaction => Forget(transaction, identity, sourceId), cancellationToken);

    /// <summary>Gives the sessions of a chat and its forum topics the chat's new id, and answers how many there were.</summary>
    public Task<int> MoveAsync(string channel, string fromChatId, string toChatId, CancellationToken cancellationToken) =>
        writer.WriteAsync(transaction => Move(transaction, channel, fromChatId, toChatId), cancellationToken);

    private static Session FindOrCreate(WriteTransaction transaction, SessionIdentity identity) =>
        transaction.Sessions.Find(identity.SessionKey)
        ?? transaction.Sessions.Insert(identity.SessionKey, identity.Channel, identity.ChatId);

    private static Session SetModel(WriteTransaction transaction, SessionIdentity identity, string? model)
    {
        var session = FindOrCreate(transaction, identity);
        if (session.ModelOverride == model)
            return session;
        var updated = transaction.Sessions.Update(session with { ModelOverride = model });
        transaction.Changed(new SessionChange.Delta(updated));
        return updated;
    }

    private static int? Reset(WriteTransaction transaction, SessionIdentity identity, string sourceId, long originMessageId)
    {
        if (transaction.Turns.FindForgotten(sourceId) is not null)
            return null;
        var session = FindOrCreate(transaction, identity);
        if (transaction.Turns.FindBySource(session.Id, sourceId) is not null)
            return null;

        foreach (var turn in transaction.Turns.Open(session.Id).Where(turn => !turn.Detached))
        {
            transaction.Turns.Update(turn, turn with
            {
                Detached = true,
                DetachedUserText = transaction.Messages.Find(Message.IdOfUser(turn.Id))?.Content,
                DetachedAnswerText = transaction.Messages.Find(Message.IdOfAssistant(turn.Id))?.Content,
            });
        }

        var deleted = transaction.Messages.DeleteAll(session.Id);
        transaction.Compactions.DeleteAll(session.Id);
        transaction.Turns.DeleteSettled(session.Id, transaction.Now - UpdateLifetime);
        Remember(transaction, session, sourceId, originMessageId);
        transaction.Sessions.Update(session with { MessageCount = 0 });
        transaction.Changed(new SessionChange.Replaced(session.SessionKey));
        transaction.Erased();
        return deleted;
    }

    private static int? Forget(WriteTransaction transaction, SessionIdentity identity, string sourceId)
    {
        if (transaction.Turns.FindForgotten(sourceId) is not null)
            return null;
        var forgotten = FindOrCreate(transaction, new SessionIdentity(Session.ForgottenKey, Session.ForgottenKey, Session.ForgottenKey));
        transaction.Turns.DeleteSettled(forgotten.Id, transaction.Now - UpdateLifetime);
        Remember(transaction, forgotten, sourceId, originMessageId: 0);
        if (transaction.Sessions.Find(identity.SessionKey) is not { } session)
            return 0;

        foreach (var turn in transaction.Turns.Open(session.Id))
        {
            transaction.Turns.Update(turn, turn with { State = TurnState.Cancelled, SettledAt = transaction.Now });
            transaction.TurnEntered(TurnState.Cancelled);
        }

        transaction.Turns.DeleteSettled(session.Id, transaction.Now - UpdateLifetime);
        transaction.Turns.Forget(session.Id, forgotten.Id);
        var deleted = transaction.Messages.DeleteAll(session.Id);
        transaction.Compactions.DeleteAll(session.Id);
        transaction.Sessions.Delete(session);
        transaction.Changed(new SessionChange.Replaced(session.SessionKey));
        transaction.Erased();
        return deleted;
    }

    /// <summary>Stores a command that deletes as a turn that needs no answer: delivered again, it is known.</summary>
    private static void Remember(WriteTransaction transaction, Session session, string sourceId, long originMessageId) =>
        transaction.Turns.Insert(new Turn
        {
            SessionId = session.Id,
            SourceId = sourceId,
            State = TurnState.Delivered,
            OriginMessageId = originMessageId,
            AcceptedAt = transaction.Now,
            SettledAt = transaction.Now,
        });

    private static int Move(WriteTransaction transaction, string channel, string fromChatId, string toChatId)
    {
        var sessions = transaction.Sessions.OfChat(channel, fromChatId);
        foreach (var session in sessions)
        {
            var prefix = $"{channel}:{fromChatId}";
            var suffix = session.SessionKey.StartsWith(prefix, StringComparison.Ordinal) ? session.SessionKey[prefix.Length..] : "";
            var moved = session with { SessionKey = $"{channel}:{toChatId}{suffix}", ChatId = toChatId };
            if (transaction.Sessions.Find(moved.SessionKey) is { } existing)
                Merge(transaction, session, existing);
            else
                transaction.Sessions.Update(moved);
            transaction.Changed(new SessionChange.Replaced(session.SessionKey));
            transaction.Changed(new SessionChange.Replaced(moved.SessionKey));
        }

        return sessions.Count;
    }

    /// <summary>
    /// Someone wrote to the chat's new id before its move was known here. Message ids order the two histories. An update that
    /// was accepted under both ids keeps its turn in the new session; the old one goes with the old session's row.
    /// A summary of one history says nothing of the other's messages, which its range would hide, open questions among them:
    /// no compaction stays in force.
    /// </summary>
    private static void Merge(WriteTransaction transaction, Session from, Session into)
    {
        foreach (var session in (Session[])[from, into])
        {
            while (transaction.Compactions.InForce(session.Id) is { } compaction)
                transaction.Compactions.Undo(compaction.Id, transaction.Now);
        }

        transaction.Messages.Move(from.Id, into.Id);
        transaction.Turns.Move(from.Id, into.Id);
        transaction.Compactions.Move(from.Id, into.Id);
        transaction.Sessions.Delete(from);
        transaction.Sessions.Update(into with
        {
            MessageCount = transaction.Messages.CountAfter(into.Id, afterId: 0),
            ModelOverride = into.ModelOverride ?? from.ModelOverride,
            InsertedAt = from.InsertedAt < into.InsertedAt ? from.InsertedAt : into.InsertedAt,
        });
    }
}
