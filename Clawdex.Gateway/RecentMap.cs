using System.Diagnostics.CodeAnalysis;

namespace Clawdex.Gateway;

/// <summary>The values that were set last, at most <paramref name="capacity"/>: the oldest is forgotten first.</summary>
internal sealed class RecentMap<TKey, TValue>(int capacity) where TKey : notnull
{
    private readonly Lock _gate = new();
    private readonly Dictionary<TKey, LinkedListNode<(TKey Key, TValue Value)>> _nodes = [];
    private readonly LinkedList<(TKey Key, TValue Value)> _order = new();

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        lock (_gate)
        {
            var isKnown = _nodes.TryGetValue(key, out var node);
            value = node is null ? default : node.Value.Value;
            return isKnown;
        }
    }

    public bool Contains(TKey key) => TryGet(key, out _);

    /// <summary>False = the key is known, and stays as it is.</summary>
    public bool TryAdd(TKey key, TValue value)
    {
        lock (_gate)
        {
            if (_nodes.ContainsKey(key))
                return false;
            Renew(key, value);
            return true;
        }
    }

    public void Set(TKey key, TValue value)
    {
        lock (_gate)
            Renew(key, value);
    }

    /// <summary>The value of that key, which is <paramref name="value"/> if it had none. It counts as set now.</summary>
    public TValue GetOrAdd(TKey key, TValue value)
    {
        lock (_gate)
            return Renew(key, _nodes.TryGetValue(key, out var known) ? known.Value.Value : value);
    }

    private TValue Renew(TKey key, TValue value)
    {
        if (_nodes.Remove(key, out var known))
            _order.Remove(known);
        _nodes[key] = _order.AddLast((key, value));
        if (_order.Count > capacity && _order.First is { } oldest)
        {
            _order.Remove(oldest);
            _nodes.Remove(oldest.Value.Key);
        }

        return value;
    }
}
