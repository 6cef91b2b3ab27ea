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

    // What a forgotten sequence knew makes a search longer, never wrong.
    private RecentMap<long, Sequence> _sequences = new(MostSequences);

    public void Clear() => _sequences = new(MostSequences);

    public void Note(long chatId, int messageId) => _sequences.GetOrAdd(SequenceOf(chatId), new Sequence()).Note(messageId);

    /// <summary>The greatest id in the chat's sequence; 0 = none is known.</summary>
    public int Greatest(long chatId) => _sequences.TryGet(SequenceOf(chatId), out var sequence) ? sequence.Greatest : 0;

    /// <summary>The ids after <paramref name="floor"/> that nobody accounts for, ascending, without end.</summary>
    public IEnumerable<int> UnknownAfter(long chatId, int floor)
    {
        for (var id = floor + 1; id < int.MaxValue; id++)
        {
            if (!_sequences.TryGet(SequenceOf(chatId), out var sequence) || !sequence.Contains(id))
                yield return id;
        }
    }

    private static long SequenceOf(long chatId) => chatId <= FirstSupergroup ? chatId : 0;

    private sealed class Sequence
    {
        private readonly Lock _gate = new();
        private readonly SortedSet<int> _ids = [];

        public int Greatest
        {
            get
            {
                lock (_gate)
                    return _ids.Max;
            }
        }

        public void Note(int id)
        {
            lock (_gate)
            {
                if (_ids.Add(id) && _ids.Count > MostIds)
                    _ids.Remove(_ids.Min);
            }
        }

        public bool Contains(int id)
        {
            lock (_gate)
                return _ids.Contains(id);
        }
    }
}
