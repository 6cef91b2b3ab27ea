using System.Collections.Immutable;
using Clawdex.SessionService.Model;
using Clawdex.SessionService.Storage;
using Microsoft.EntityFrameworkCore;

namespace Clawdex.SessionService.History;

/// <summary>An immutable picture of one session: its row, the summary in force and the newest messages behind it.</summary>
/// <param name="Compaction">The compaction in force; null = none.</param>
/// <param name="Tail">The newest messages of the context, at most <paramref name="Depth"/>, oldest first.</param>
/// <param name="Depth">How many messages the tail may hold.</param>
internal sealed record SessionHistory(Session Session, Compaction? Compaction, ImmutableArray<Message> Tail, int Depth)
{
    /// <summary>Estimated bytes of objects and pointers that each message and each session costs besides its text.</summary>
    private const int MessageOverhead = 160, SessionOverhead = 840;

    private static readonly Func<SessionDbContext, string, CancellationToken, Task<Session?>> ByKey = EF.CompileAsyncQuery(
        (SessionDbContext db, string sessionKey, CancellationToken _) => db.Sessions.SingleOrDefault(session => session.SessionKey == sessionKey));

    private static readonly Func<SessionDbContext, long, CancellationToken, Task<Compaction?>> InForce = EF.CompileAsyncQuery(
        (SessionDbContext db, long sessionId, CancellationToken _) => db.Compactions
            .Where(compaction => compaction.SessionId == sessionId && compaction.UndoneAt == null)
            .OrderByDescending(compaction => compaction.Id)
            .FirstOrDefault());

    private static readonly Func<SessionDbContext, long, long, int, IAsyncEnumerable<Message>> Newest = EF.CompileAsyncQuery(
        (SessionDbContext db, long sessionId, long afterId, int count) => db.Messages
            .Where(message => message.SessionId == sessionId && message.Id > afterId && message.TakenBackBy == null)
            .OrderByDescending(message => message.Id)
            .Take(count));

    /// <summary>The tail is the whole context.</summary>
    public bool IsComplete => Tail.Length < Depth;

    /// <summary>Estimate of the memory that this takes.</summary>
    public long Bytes =>
        SessionOverhead + (2L * (Compaction?.Summary.Length ?? 0)) + Tail.Sum(message => MessageOverhead + (2L * message.Content.Length));

    /// <summary>The session with its newest <paramref name="depth"/> messages; null = no such session.</summary>
    public static async Task<SessionHistory?> LoadAsync(SessionDbContext db, string sessionKey, int depth, CancellationToken cancellationToken)
    {
        if (await ByKey(db, sessionKey, cancellationToken) is not { } session)
            return null;

        var compaction = await InForce(db, session.Id, cancellationToken);
        List<Message> tail = [];
        await foreach (var message in Newest(db, session.Id, compaction?.LastMessageId ?? 0, depth).WithCancellation(cancellationToken))
            tail.Add(message);
        tail.Reverse();
        return new SessionHistory(session, compaction, [.. tail], depth);
    }

    /// <summary>The picture after that change; null = it cannot be told from this one.</summary>
    public SessionHistory? Following(HistoryChange change)
    {
        if (change.Session is not { } session || session.Version != Session.Version + 1)
            return null;
        if (change.Appended is not { } message)
            return this with { Session = session };

        // An answer belongs behind its question, which others may follow already.
        var place = Tail.Length;
        while (place > 0 && Tail[place - 1].Id > message.Id)
            place--;
        if (place == 0 && (Tail.Length > 0 || message.Id <= (Compaction?.LastMessageId ?? 0)))
            return null;
        var tail = Tail.Insert(place, message);
        return this with { Session = session, Tail = tail.Length > Depth ? tail.RemoveAt(0) : tail };
    }
}
