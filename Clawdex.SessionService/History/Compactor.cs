using System.Collections.Immutable;
using System.Text;
using Clawdex.SessionService.Model;
using Clawdex.SessionService.Storage;

namespace Clawdex.SessionService.History;

/// <summary>What a session's context amounts to.</summary>
/// <param name="Messages">Without the summary.</param>
/// <param name="Tokens">With the summary, as the providers count for this session.</param>
internal sealed record ContextSize(int Messages, int Tokens);

/// <summary>The messages that a summary shall stand for, with the earlier summary that it replaces.</summary>
/// <param name="Tokens">Both together, as the providers count for this session.</param>
internal sealed record CompactionPlan(Compaction? Earlier, ImmutableArray<Message> Messages, int Tokens, ContextSize Before);

/// <summary>
/// Replaces the older half of a context by a summary, in two steps between which a model writes it. Nothing is deleted: a
/// compaction is a row that says where the context begins, so that it can be undone, a crash between the steps changes
/// nothing, and messages that arrive meanwhile keep their place.
/// </summary>
internal sealed class Compactor(SessionWriter writer, SessionReader reader, HistoryCache cache)
{
    /// <summary>Two questions with their answers: summarizing less would save nothing.</summary>
    private const int MinContextMessages = 4;

    /// <summary>Bounds of one summary's input. A longer half is compacted in several turns, the oldest part first.</summary>
    private const int MaxMessages = 1000, MaxBytes = 2 * 1024 * 1024;

    /// <summary>Which messages to summarize; null = too few. Changes nothing.</summary>
    /// <param name="sessionKey">The session.</param>
    /// <param name="maxTokens">What they may have together with the earlier summary; 0 = unlimited.</param>
    /// <param name="cancellationToken">Ends the call.</param>
    public async Task<CompactionPlan?> BeginAsync(string sessionKey, int maxTokens, CancellationToken cancellationToken)
    {
        if (await cache.GetAsync(sessionKey, ContextReader.MinDepth, cancellationToken) is not { } history
            || history.ContextMessages < MinContextMessages)
            return null;

        var after = history.Compaction?.LastMessageId ?? 0;
        var half = Math.Min(history.ContextMessages / 2, MaxMessages);
        // One more than the half tells whether the cut falls between a question and its answer.
        var oldest = await reader.OldestBeforeOpenTurnAsync(history.Session.Id, after, half + 1, cancellationToken);
        var (cut, tokens) = Cut(oldest, half, count => maxTokens == 0 || Corrected(count) <= maxTokens, history.Compaction?.TokenCount ?? 0);
        return cut == 0
            ? null
            : new CompactionPlan(history.Compaction, oldest[..cut], Corrected(tokens), new ContextSize(history.ContextMessages, history.ContextTokens));

        int Corrected(long count) => TokenEstimate.Correct(count, history.Session.TokenCorrection);
    }

    /// <summary>Puts a summary in force for the range that <see cref="BeginAsync"/> named.</summary>
    public Task<Outcome<ContextSize>> CommitAsync(
        string sessionKey, long firstMessageId, long lastMessageId, string summary, CancellationToken cancellationToken) =>
        writer.WriteAsync(transaction => Commit(transaction, sessionKey, firstMessageId, lastMessageId, summary), cancellationToken);

    /// <summary>Takes the newest compaction out of force. Done twice, it is done once: an older one stays.</summary>
    public Task<(bool Undone, ContextSize Size)> UndoAsync(string sessionKey, CancellationToken cancellationToken) =>
        writer.WriteAsync(transaction => Undo(transaction, sessionKey), cancellationToken);

    /// <summary>
    /// How many of the oldest messages to summarize, so that the context goes on with a question, and the tokens that they have
    /// together with the earlier summary's.
    /// </summary>
    private static (int Count, long Tokens) Cut(ImmutableArray<Message> oldest, int half, Func<long, bool> fits, long tokens)
    {
        var cut = (Count: 0, Tokens: 0L);
        var bytes = 0L;
        for (var i = 1; i <= Math.Min(oldest.Length, half + 1); i++)
        {
            bytes += Encoding.UTF8.GetByteCount(oldest[i - 1].Content);
            tokens += oldest[i - 1].TokenCount;
            if (bytes > MaxBytes || !fits(tokens))
                break;
            // The list ends before the half does only where an open question follows.
            if (i == oldest.Length ? i <= half : oldest[i].Role == MessageRole.User)
                cut = (i, tokens);
        }

        return cut;
    }

    private static Outcome<ContextSize> Commit(
        WriteTransaction transaction, string sessionKey, long firstMessageId, long lastMessageId, string summary)
    {
        if (transaction.Sessions.Find(sessionKey) is not { } session)
            return new Refusal(RefusalKind.NotFound, "There is no such session.");

        var inForce = transaction.Compactions.InForce(session.Id);
        if (inForce is not null && inForce.FirstMessageId == firstMessageId && inForce.LastMessageId == lastMessageId && inForce.Summary == summary)
            return Size(transaction, session, inForce);
        if (!Fits(transaction, session, inForce, firstMessageId, lastMessageId))
            return new Refusal(RefusalKind.NotAllowed, "The session's context changed since the compaction began.");

        var row = transaction.Compactions.Insert(new Compaction
        {
            SessionId = session.Id,
            Summary = summary,
            TokenCount = TokenEstimate.Of(summary),
            FirstMessageId = firstMessageId,
            LastMessageId = lastMessageId,
            InsertedAt = transaction.Now,
        });
        session = transaction.Sessions.Update(session);
        transaction.Changed(new SessionChange.Replaced(sessionKey));
        return Size(transaction, session, row);
    }

    /// <summary>The range is the beginning of the context, and no answer is still to come inside it.</summary>
    private static bool Fits(WriteTransaction transaction, Session session, Compaction? inForce, long first, long last) =>
        first <= last
        && transaction.Messages.FirstAfter(session.Id, inForce?.LastMessageId ?? 0)?.Id == first
        && transaction.Messages.Find(last)?.SessionId == session.Id
        && !transaction.Turns.Open(session.Id).Any(turn => MayStillAnswer(turn) && Message.IdOfUser(turn.Id) <= last);

    private static bool MayStillAnswer(Turn turn) => turn is { Detached: false, AnsweredAt: null };

    private static (bool Undone, ContextSize Size) Undo(WriteTransaction transaction, string sessionKey)
    {
        if (transaction.Sessions.Find(sessionKey) is not { } session)
            return (false, new ContextSize(0, 0));

        var latest = transaction.Compactions.Latest(session.Id);
        if (latest is { UndoneAt: null })
        {
            transaction.Compactions.Undo(latest.Id, transaction.Now);
            session = transaction.Sessions.Update(session);
            transaction.Changed(new SessionChange.Replaced(sessionKey));
        }

        return (latest is not null, Size(transaction, session, transaction.Compactions.InForce(session.Id)));
    }

    private static ContextSize Size(WriteTransaction transaction, Session session, Compaction? inForce)
    {
        var after = inForce?.LastMessageId ?? 0;
        var tokens = transaction.Messages.TokensAfter(session.Id, after) + (inForce?.TokenCount ?? 0);
        return new ContextSize(transaction.Messages.CountAfter(session.Id, after), TokenEstimate.Correct(tokens, session.TokenCorrection));
    }
}
