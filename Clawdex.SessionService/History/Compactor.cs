using System.Text;
using Clawdex.SessionService.Model;
using Clawdex.SessionService.Storage;
using Microsoft.EntityFrameworkCore;

namespace Clawdex.SessionService.History;

/// <summary>What a session's context amounts to.</summary>
/// <param name="Messages">Without the summary.</param>
/// <param name="Tokens">With the summary, as the providers count for this session.</param>
internal sealed record ContextSize(int Messages, int Tokens)
{
    /// <param name="inForce">The compaction that begins the context; null = none.</param>
    public static async Task<ContextSize> OfAsync(
        SessionDbContext db, Session session, Compaction? inForce, CancellationToken cancellationToken = default)
    {
        var context = db.Context(session.Id, inForce);
        var tokens = await context.SumAsync(message => (long)message.TokenCount, cancellationToken) + (inForce?.TokenCount ?? 0);
        return new ContextSize(await context.CountAsync(cancellationToken), TokenEstimate.Correct(tokens, session.TokenCorrection));
    }
}

/// <summary>The messages that a summary shall stand for, with the earlier summary that it replaces.</summary>
/// <param name="Tokens">Both together, as the providers count for this session.</param>
internal sealed record CompactionPlan(Compaction? Earlier, IReadOnlyList<Message> Messages, int Tokens, ContextSize Before);

/// <summary>
/// Replaces the older half of a context by a summary, in two steps between which a model writes it. Nothing is deleted: a
/// compaction is a row that says where the context begins, so that it can be undone, a crash between the steps changes
/// nothing, and messages that arrive meanwhile keep their place.
/// </summary>
internal sealed class Compactor(ISessionWriter writer, SessionReader reader)
{
    /// <summary>Two questions with their answers: summarizing less would save nothing.</summary>
    private const int MinContextMessages = 4;

    /// <summary>Bounds of one summary's input. A longer half is compacted in several turns, the oldest part first.</summary>
    private const int MaxMessages = 1000, MaxBytes = 2 * 1024 * 1024;

    /// <summary>Which messages to summarize; null = too few. Changes nothing.</summary>
    /// <param name="maxTokens">What they may have together with the earlier summary; 0 = unlimited.</param>
    public Task<CompactionPlan?> BeginAsync(string sessionKey, int maxTokens, CancellationToken cancellationToken) =>
        reader.ReadAsync(db => PlanAsync(db, sessionKey, maxTokens, cancellationToken), cancellationToken);

    /// <summary>Puts a summary in force for the range that <see cref="BeginAsync"/> named.</summary>
    public Task<Outcome<ContextSize>> CommitAsync(
        string sessionKey, long firstMessageId, long lastMessageId, string summary, CancellationToken cancellationToken) =>
        writer.WriteAsync(transaction => CommitAsync(transaction, sessionKey, firstMessageId, lastMessageId, summary), cancellationToken);

    private static async Task<CompactionPlan?> PlanAsync(SessionDbContext db, string sessionKey, int maxTokens, CancellationToken cancellationToken)
    {
        if (await db.Sessions.SingleOrDefaultAsync(session => session.SessionKey == sessionKey, cancellationToken) is not { } session)
            return null;
        var earlier = await db.InForce(session.Id).FirstOrDefaultAsync(cancellationToken);
        var size = await ContextSize.OfAsync(db, session, earlier, cancellationToken);
        if (size.Messages < MinContextMessages)
            return null;

        var before = MessageOf(await db.MayStillBeAnswered(session.Id).MinAsync(turn => (long?)turn.Id, cancellationToken));
        var half = Math.Min(size.Messages / 2, MaxMessages);
        // One more than the half tells whether the cut falls between a question and its answer.
        var oldest = await db.Context(session.Id, earlier)
            .Where(message => message.Id < before)
            .OrderBy(message => message.Id)
            .Take(half + 1)
            .ToListAsync(cancellationToken);
        var (cut, tokens) = Cut(oldest, half, count => maxTokens == 0 || Corrected(count) <= maxTokens, earlier?.TokenCount ?? 0);
        return cut == 0 ? null : new CompactionPlan(earlier, oldest[..cut], Corrected(tokens), size);

        int Corrected(long count) => TokenEstimate.Correct(count, session.TokenCorrection);
    }

    /// <summary>The message of a turn that no summary may reach; beyond all messages if there is no such turn.</summary>
    private static long MessageOf(long? turnId) => turnId is { } id ? Message.IdOfUser(id) : long.MaxValue;

    /// <summary>
    /// How many of the oldest messages to summarize, so that the context goes on with a question, and the tokens that they have
    /// together with the earlier summary's.
    /// </summary>
    private static (int Count, long Tokens) Cut(List<Message> oldest, int half, Func<long, bool> fits, long tokens)
    {
        var cut = (Count: 0, Tokens: 0L);
        var bytes = 0L;
        for (var i = 1; i <= Math.Min(oldest.Count, half + 1); i++)
        {
            bytes += Encoding.UTF8.GetByteCount(oldest[i - 1].Content);
            tokens += oldest[i - 1].TokenCount;
            if (bytes > MaxBytes || !fits(tokens))
                break;
            // The list ends before the half does only where an open question follows.
            if (i == oldest.Count ? i <= half : oldest[i].Role == MessageRole.User)
                cut = (i, tokens);
        }

        return cut;
    }

    private static async Task<Outcome<ContextSize>> CommitAsync(
        WriteTransaction transaction, string sessionKey, long firstMessageId, long lastMessageId, string summary)
    {
        var db = transaction.Db;
        if (await transaction.FindSessionAsync(sessionKey) is not { } session)
            return new Refusal(RefusalKind.NotFound, "There is no such session.");

        var inForce = await db.InForce(session.Id).FirstOrDefaultAsync();
        if (inForce is not null && inForce.FirstMessageId == firstMessageId && inForce.LastMessageId == lastMessageId && inForce.Summary == summary)
            return await ContextSize.OfAsync(db, session, inForce);
        if (!await FitsAsync(db, session, inForce, firstMessageId, lastMessageId))
            return new Refusal(RefusalKind.NotAllowed, "The session's context changed since the compaction began.");

        var compaction = new Compaction
        {
            SessionId = session.Id,
            Summary = summary,
            TokenCount = TokenEstimate.Of(summary),
            FirstMessageId = firstMessageId,
            LastMessageId = lastMessageId,
            InsertedAt = transaction.Now,
        };
        db.Compactions.Add(compaction);
        await transaction.SaveAsync(session);
        return await ContextSize.OfAsync(db, session, compaction);
    }

    /// <summary>The range is the beginning of the context, and no answer is still to come inside it.</summary>
    private static async Task<bool> FitsAsync(SessionDbContext db, Session session, Compaction? inForce, long first, long last) =>
        first <= last
        && await db.Context(session.Id, inForce).MinAsync(message => (long?)message.Id) == first
        && await db.Context(session.Id, inForce).AnyAsync(message => message.Id == last)
        && MessageOf(await db.MayStillBeAnswered(session.Id).MinAsync(turn => (long?)turn.Id)) > last;
}
