namespace Clawdex.TelegramEmulator.Faults;

/// <summary>The faults in force. A call takes the first one that matches.</summary>
internal sealed class FaultRules
{
    private readonly Lock _gate = new();
    private readonly List<Rule> _rules = [];
    private int _lastId;

    public IReadOnlyList<ActiveFault> Active
    {
        get
        {
            lock (_gate)
                return [.. _rules.Select(rule => new ActiveFault(rule.Id, rule.Fault, rule.Hits))];
        }
    }

    public ActiveFault Add(Fault fault)
    {
        lock (_gate)
        {
            var rule = new Rule(++_lastId, fault);
            _rules.Add(rule);
            return new(rule.Id, fault, 0);
        }
    }

    public bool Remove(int id)
    {
        lock (_gate)
            return _rules.RemoveAll(rule => rule.Id == id) > 0;
    }

    public void Clear()
    {
        lock (_gate)
            _rules.Clear();
    }

    /// <summary>The fault for this call, used up by one; null when the call is to work.</summary>
    public ActiveFault? Take(string method, long chatId)
    {
        lock (_gate)
        {
            foreach (var rule in _rules)
            {
                if (!rule.Matches(method, chatId) || rule.Seen++ < rule.Fault.Skip || !rule.IsDue(chatId))
                    continue;
                rule.Hits++;
                if (rule.Hits == rule.Fault.Times)
                    _rules.Remove(rule);
                return new(rule.Id, rule.Fault, rule.Hits);
            }

            return null;
        }
    }

    private sealed class Rule(int id, Fault fault)
    {
        private readonly Dictionary<long, int> _calls = [];

        public int Id => id;

        public Fault Fault => fault;

        public int Seen { get; set; }

        public int Hits { get; set; }

        public bool Matches(string method, long chatId) =>
            (fault.Method is null || fault.Method.Equals(method, StringComparison.OrdinalIgnoreCase))
            && (fault.ChatId is null || fault.ChatId == chatId);

        /// <summary>
        /// Whether the seed means this call. Each chat's calls are counted by themselves, so that what happens in one does not
        /// depend on how busy the others are.
        /// </summary>
        public bool IsDue(long chatId)
        {
            if (fault.Probability >= 1)
                return true;
            var call = _calls[chatId] = _calls.GetValueOrDefault(chatId) + 1;
            return Share(Mixed(Mixed(Mixed((ulong)fault.Seed) ^ (ulong)chatId) ^ (ulong)call)) < fault.Probability;
        }

        /// <summary>From 0 to 1.</summary>
        private static double Share(ulong bits) => (bits >> 11) * (1.0 / (1UL << 53));

        /// <summary>The finalizer of SplitMix64: neighbouring numbers become unrelated ones, the same in every process.</summary>
        private static ulong Mixed(ulong value)
        {
            value += 0x9E3779B97F4A7C15;
            value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9;
            value = (value ^ (value >> 27)) * 0x94D049BB133111EB;
            return value ^ (value >> 31);
        }
    }
}
