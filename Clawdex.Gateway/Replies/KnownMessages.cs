namespace Clawdex.Gateway.Replies;

/// <summary>
/// Which message ids are accounted for: received, sent here, or recorded by a turn. What a search for a lost message may skip,
/// and the number after which a new message must lie. Private chats and basic groups draw their ids from one sequence of the
/// bot's, each supergroup has its own; within a sequence they only grow.
/// </summary>
internal sealed class KnownMessages
{
    private const long FirstSupergroup = -1_000_000_000_000;

    // Per sequence; a search never looks further back than the last few minutes.
    private const int MostIds = 4096;

    private const int MostSequences = 1000;

    // Each sequence is locked while it is used. What a forgotten one knew makes a search longer, never wrong.
    private RecentMap<long, SortedSet<int>> _sequences = new(MostSequences);

    public void Clear() => _sequences = new(MostSequences);

    public void Note(long chatId, int messageId)
    {
        var ids = _sequences.GetOrAdd(SequenceOf(chatId), []);
        lock (ids)
        {
            if (ids.Add(messageId) && ids.Count > MostIds)
                ids.Remove(ids.Min);
        }
    }

    /// <summary>The greatest id in the chat's sequence; 0 = none is known.</summary>
    public int Greatest(long chatId)
    {
        if (!_sequences.TryGet(SequenceOf(chatId), out var ids))
            return 0;
        lock (ids)
            return ids.Max;
    }

    /// <summary>The ids after <paramref name="floor"/> that nobody accounts for, ascending, without end.</summary>
    public IEnumerable<int> UnknownAfter(long chatId, int floor)
    {
        for (var id = floor + 1; id < int.MaxValue; id++)
        {
            if (!Contains(chatId, id))
                yield return id;
        }
    }

    private bool Contains(long chatId, int id)
    {
        if (!_sequences.TryGet(SequenceOf(chatId), out var ids))
            return false;
        lock (ids)
            return ids.Contains(id);
    }

    private static long SequenceOf(long chatId) => chatId <= FirstSupergroup ? chatId : 0;
}
