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
                if (!rule.Matches(method, chatId) || rule.Seen++ < rule.Fault.Skip)
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
        public int Id => id;

        public Fault Fault => fault;

        public int Seen { get; set; }

        public int Hits { get; set; }

        public bool Matches(string method, long chatId) =>
            (fault.Method is null || fault.Method.Equals(method, StringComparison.OrdinalIgnoreCase))
            && (fault.ChatId is null || fault.ChatId == chatId);
    }
}
