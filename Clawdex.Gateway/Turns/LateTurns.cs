using Clawdex.Gateway.Services;

namespace Clawdex.Gateway.Turns;

/// <summary>
/// Turns that are this gateway's without its knowledge. A session service that stood still in the middle of a call can finish it
/// long after this gateway gave it up, looked for what it might have done, and found nothing: whatever that call took in, or took
/// up, no other gateway answers.
/// </summary>
internal sealed class LateTurns(TurnClient turns, ChatQueues queues)
{
    // Open and never seen here when they were looked for last. Once is nothing: the answer to a call may be on its way.
    private HashSet<long> _unknown = [];

    /// <summary>Looks through what is open. True = there was such a turn the last time, and it still is one.</summary>
    public async Task<bool> AnyAsync(CancellationToken cancellationToken)
    {
        HashSet<long> unknown = [];
        var after = 0L;
        while (await turns.ListOpenAsync(after, cancellationToken) is { } page)
        {
            unknown.UnionWith(page.Turns.Where(turn => !queues.HasSeen(turn)).Select(turn => turn.Id));
            after = page.LastId;
        }

        var isLate = unknown.Overlaps(_unknown);
        _unknown = unknown;
        return isLate;
    }
}
