using System.Collections.Immutable;
using System.Data;
using Clawdex.SessionService.History;
using Clawdex.SessionService.Model;
using Clawdex.SessionService.Turns;
using Microsoft.EntityFrameworkCore;

namespace Clawdex.SessionService.Storage;

/// <summary>The reading side: queries through Entity Framework on connections of their own, which never wait for the writer.</summary>
internal sealed class SessionReader(IServiceScopeFactory scopes)
{
    // Sqlite's deferred transaction: all queries in it see the same moment, and it takes no write lock as the default one does.
    private const IsolationLevel Snapshot = IsolationLevel.ReadUncommitted;

    private static readonly Func<SessionDbContext, string, CancellationToken, Task<SessionHead?>> Head = EF.CompileAsyncQuery(
        (SessionDbContext db, string sessionKey, CancellationToken _) => db.Sessions.AsNoTracking()
            .Where(session => session.SessionKey == sessionKey)
            .Select(session => new SessionHead(
                session,
                db.Compactions.Count(compaction => compaction.SessionId == session.Id && compaction.UndoneAt == null),
                db.Turns.Count(turn => turn.SessionId == session.Id && turn.SettledAt == null)))
            .SingleOrDefault());

    // Not part of the query above: there it becomes a window function over the compactions of all sessions.
    private static readonly Func<SessionDbContext, long, CancellationToken, Task<Compaction>> InForce = EF.CompileAsyncQuery(
        (SessionDbContext db, long sessionId, CancellationToken _) => db.Compactions.AsNoTracking()
            .Where(compaction => compaction.SessionId == sessionId && compaction.UndoneAt == null)
            .OrderByDescending(compaction => compaction.Id)
            .First());

    private static readonly Func<SessionDbContext, long, long, int, IAsyncEnumerable<Message>> Newest = EF.CompileAsyncQuery(
        (SessionDbContext db, long sessionId, long afterId, int count) => db.Messages.AsNoTracking()
            .Where(message => message.SessionId == sessionId && message.Id > afterId)
            .OrderByDescending(message => message.Id)
            .Take(count));

    private static readonly Func<SessionDbContext, long, CancellationToken, Task<string?>> TraceParent = EF.CompileAsyncQuery(
        (SessionDbContext db, long turnId, CancellationToken _) => db.Turns.Where(turn => turn.Id == turnId).Select(turn => turn.TraceParent).SingleOrDefault());

    private static readonly Func<SessionDbContext, long, CancellationToken, Task<string?>> Model = EF.CompileAsyncQuery(
        (SessionDbContext db, long turnId, CancellationToken _) => db.Turns.Where(turn => turn.Id == turnId).Select(turn => turn.Model).SingleOrDefault());

    /// <summary>The session with its newest <paramref name="depth"/> messages; null = no such session.</summary>
    public Task<SessionHistory?> LoadAsync(string sessionKey, int depth, CancellationToken cancellationToken) =>
        ReadAsync(async db =>
        {
            if (await Head(db, sessionKey, cancellationToken) is not { } head)
                return null;

            var compaction = head.Compactions == 0 ? null : await InForce(db, head.Session.Id, cancellationToken);
            var after = compaction?.LastMessageId ?? 0;
            List<Message> tail = [];
            await foreach (var message in Newest(db, head.Session.Id, after, depth).WithCancellation(cancellationToken))
                tail.Add(message);
            tail.Reverse();

            var context = db.Messages.Where(message => message.SessionId == head.Session.Id && message.Id > after);
            var isComplete = tail.Count < depth;
            return new SessionHistory
            {
                Session = head.Session,
                Compaction = compaction,
                Compactions = head.Compactions,
                OpenTurns = head.OpenTurns,
                LastTraceParent = tail is [.., var newest] ? await TraceParent(db, Message.TurnOf(newest.Id), cancellationToken) : null,
                LastModel = SessionHistory.NewestAnswer(tail) is { } answer ? await Model(db, Message.TurnOf(answer.Id), cancellationToken) : null,
                Depth = depth,
                Tail = [.. tail],
                ContextMessages = isComplete ? tail.Count : await context.CountAsync(cancellationToken),
                MessageTokens = isComplete
                    ? tail.Sum(message => (long)message.TokenCount)
                    : await context.SumAsync(message => (long)message.TokenCount, cancellationToken),
            };
        }, cancellationToken);

    /// <summary>A turn with its texts; null = no such turn.</summary>
    public Task<TurnView?> FindTurnAsync(long turnId, CancellationToken cancellationToken) =>
        ReadAsync(db => WithTexts(db, db.Turns.Where(turn => turn.Id == turnId)).SingleOrDefaultAsync(cancellationToken), cancellationToken);

    /// <summary>Turns that are not settled, oldest first.</summary>
    public Task<List<TurnView>> ListOpenTurnsAsync(long afterTurnId, int count, CancellationToken cancellationToken) =>
        ReadAsync(
            db => WithTexts(db, db.Turns.Where(turn => turn.SettledAt == null && turn.Id > afterTurnId).OrderBy(turn => turn.Id).Take(count))
                .ToListAsync(cancellationToken),
            cancellationToken);

    /// <summary>The chat messages of the newest turns, newest first.</summary>
    public Task<List<TurnMessages>> ListRecentMessagesAsync(string channel, int count, CancellationToken cancellationToken) =>
        ReadAsync(
            db => (from turn in db.Turns.AsNoTracking()
                   join session in db.Sessions on turn.SessionId equals session.Id
                   where session.Channel == channel
                   orderby turn.Id descending
                   select new TurnMessages(turn.Id, session.SessionKey, turn.OriginMessageId, turn.ReplyMessageIds)).Take(count).ToListAsync(cancellationToken),
            cancellationToken);

    /// <summary>The oldest messages behind <paramref name="afterId"/>, up to the first whose turn may still be answered.</summary>
    public Task<ImmutableArray<Message>> OldestBeforeOpenTurnAsync(
        long sessionId, long afterId, int count, CancellationToken cancellationToken) =>
        ReadAsync(
            async db =>
            {
                var openTurn = await db.Turns
                    .Where(turn => turn.SessionId == sessionId && turn.SettledAt == null && turn.AnsweredAt == null && !turn.Detached)
                    .MinAsync(turn => (long?)turn.Id, cancellationToken);
                var before = openTurn is { } id ? Message.IdOfUser(id) : long.MaxValue;
                return ImmutableArray.CreateRange(await db.Messages.AsNoTracking()
                    .Where(message => message.SessionId == sessionId && message.Id > afterId && message.Id < before)
                    .OrderBy(message => message.Id)
                    .Take(count)
                    .ToListAsync(cancellationToken));
            },
            cancellationToken);

    private static IQueryable<TurnView> WithTexts(SessionDbContext db, IQueryable<Turn> turns) =>
        from turn in turns.AsNoTracking()
        join session in db.Sessions on turn.SessionId equals session.Id
        orderby turn.Id
        select new TurnView(
            turn,
            session,
            db.Messages.Where(message => message.Id == turn.Id * 2).Select(message => message.Content).FirstOrDefault() ?? turn.DetachedUserText ?? "",
            db.Messages.Where(message => message.Id == (turn.Id * 2) + 1).Select(message => message.Content).FirstOrDefault() ?? turn.DetachedAnswerText ?? "");

    private async Task<T> ReadAsync<T>(Func<SessionDbContext, Task<T>> read, CancellationToken cancellationToken)
    {
        await using var scope = scopes.CreateAsyncScope();
        var db = scope.ServiceProvider.GetRequiredService<SessionDbContext>();
        await using var snapshot = await db.Database.BeginTransactionAsync(Snapshot, cancellationToken);
        return await read(db);
    }

    /// <summary>What one query tells of a session besides its messages.</summary>
    private sealed record SessionHead(Session Session, int Compactions, int OpenTurns);
}
