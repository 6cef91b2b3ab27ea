using Clawdex.SessionService.History;
using Clawdex.SessionService.Model;
using Clawdex.SessionService.Storage;
using Microsoft.EntityFrameworkCore;

namespace Clawdex.SessionService.Turns;

/// <summary>
/// Takes the end of a conversation back. Nothing is deleted: a message names the command that took it back, a summary that it is
/// undone. Each command is stored as a turn that needs no answer, so that delivered twice it undoes once.
/// </summary>
internal sealed class UndoLedger(ISessionWriter writer, SessionReader reader)
{
    /// <summary>Messages that are looked at: one question may have come in many.</summary>
    private const int MostParts = 200;

    /// <summary>Takes the last question back, with its answer if it has one, and answers how many messages those were (0 = there was nothing) and the question.</summary>
    public Task<Outcome<(int Messages, string UserText)>> UndoExchangeAsync(
        SessionIdentity identity, string sourceId, long originMessageId, CancellationToken cancellationToken) =>
        writer.WriteAsync(transaction => UndoExchangeAsync(transaction, identity, sourceId, originMessageId), cancellationToken);

    /// <summary>Takes the newest summary out of force; the one before it, if any, is in force again.</summary>
    public Task<(bool Undone, ContextSize Size)> UndoCompactionAsync(
        SessionIdentity identity, string sourceId, long originMessageId, CancellationToken cancellationToken) =>
        writer.WriteAsync(transaction => UndoCompactionAsync(transaction, identity, sourceId, originMessageId), cancellationToken);

    /// <summary>The turn of the session's last question; null = there is none, or an answer is still to come.</summary>
    public Task<TurnView?> FindLastQuestionAsync(string sessionKey, CancellationToken cancellationToken) =>
        reader.ReadAsync(
            async db => await LastQuestionAsync(db, (await db.Sessions.SingleOrDefaultAsync(row => row.SessionKey == sessionKey, cancellationToken))?.Id),
            cancellationToken);

    /// <summary>The same, of a session that is known; null = there is no such session.</summary>
    public static async Task<TurnView?> LastQuestionAsync(SessionDbContext db, long? sessionId)
    {
        if (sessionId is not { } id || await IsAnsweringAsync(db, id))
            return null;
        var inForce = await db.InForce(id).FirstOrDefaultAsync();
        return await db.Context(id, inForce).MaxAsync(message => (long?)message.Id) / 2 is { } last
            ? await db.WithTexts(db.Turns.Where(turn => turn.Id == last)).SingleAsync()
            : null;
    }

    /// <summary>Takes a turn's question and answer back. The session's row is to be saved by the caller.</summary>
    /// <param name="by">The turn of the command.</param>
    public static async Task TakeBackAsync(WriteTransaction transaction, Session session, long turnId, long by)
    {
        var (question, answer) = (Message.IdOfUser(turnId), Message.IdOfAssistant(turnId));
        session.MessageCount -= await transaction.Db.Messages.Where(message => message.Id == question || message.Id == answer)
            .ExecuteUpdateAsync(message => message.SetProperty(row => row.TakenBackBy, by));
        transaction.HistoryChanged(session.SessionKey);
    }

    private static async Task<Outcome<(int Messages, string UserText)>> UndoExchangeAsync(
        WriteTransaction transaction, SessionIdentity identity, string sourceId, long originMessageId)
    {
        var db = transaction.Db;
        // Before all else: its version tells whether what is read behind it still holds when this is written.
        var session = await transaction.FindOrCreateSessionAsync(identity);
        if (await TurnLedger.FindAsync(db, identity.SessionKey, sourceId) is { TurnId: { } former })
        {
            return Summarize(await db.Messages.AsNoTracking()
                .Where(message => message.SessionId == session.Id && message.TakenBackBy == former).ToListAsync());
        }

        if (await IsAnsweringAsync(db, session.Id))
            return new Refusal(RefusalKind.NotAllowed, "An answer is still to come.");
        var command = SessionRegistry.Remember(transaction, session, sourceId, originMessageId);
        await db.SaveChangesAsync();
        var taken = await LastExchangeAsync(db, session.Id);
        foreach (var message in taken)
            message.TakenBackBy = command.Id;
        session.MessageCount -= taken.Count;
        await transaction.SaveAsync(session);
        return Summarize(taken);
    }

    private static async Task<(bool Undone, ContextSize Size)> UndoCompactionAsync(
        WriteTransaction transaction, SessionIdentity identity, string sourceId, long originMessageId)
    {
        var db = transaction.Db;
        var undone = await TurnLedger.FindAsync(db, identity.SessionKey, sourceId) is { TurnId: not null };
        var session = await transaction.FindOrCreateSessionAsync(identity);
        if (!undone && await db.InForce(session.Id).FirstOrDefaultAsync() is { } newest)
        {
            (newest.UndoneAt, undone) = (transaction.Now, true);
            SessionRegistry.Remember(transaction, session, sourceId, originMessageId);
            await transaction.SaveAsync(session);
        }

        return (undone, await ContextSize.OfAsync(db, session, await db.InForce(session.Id).FirstOrDefaultAsync()));
    }

    private static Task<bool> IsAnsweringAsync(SessionDbContext db, long sessionId) =>
        db.Turns.AnyAsync(turn => turn.SessionId == sessionId && turn.SettledAt == null);

    /// <summary>
    /// The last question and its answer. A message that was never answered by itself, such as the first part of a split paste, belongs
    /// to the question that came next.
    /// </summary>
    private static async Task<List<Message>> LastExchangeAsync(SessionDbContext db, long sessionId)
    {
        var inForce = await db.InForce(sessionId).FirstOrDefaultAsync();
        var newest = await db.Context(sessionId, inForce).OrderByDescending(message => message.Id).Take(MostParts).ToListAsync();
        if (newest.Count == 0)
            return newest;
        var turnIds = newest.Select(message => Message.TurnOf(message.Id)).Distinct().ToList();
        var unanswered = await db.Turns.AsNoTracking()
            .Where(turn => turnIds.Contains(turn.Id) && turn.State == TurnState.Cancelled && turn.AnsweredAt == null)
            .ToListAsync();
        var parts = unanswered.Where(turn => turn.ReplyMessageIds.Length == 0).Select(turn => turn.Id).Append(turnIds[0]).ToHashSet();
        return [.. newest.TakeWhile(message => parts.Contains(Message.TurnOf(message.Id)))];
    }

    private static (int Messages, string UserText) Summarize(List<Message> messages) =>
        (messages.Count, messages.Where(message => message.Role == MessageRole.User).MinBy(message => message.Id)?.Content ?? "");
}
