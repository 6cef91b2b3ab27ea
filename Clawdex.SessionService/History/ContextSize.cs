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
