using System.Diagnostics.CodeAnalysis;

namespace Clawdex.Gateway;

/// <summary>The values that were set last, at most <paramref name="capacity"/>: the oldest is forgotten first. For one thread at a time.</summary>
internal sealed class RecentMap<TKey, TValue>(int capacity) where TKey : notnull
{
    private readonly Dictionary<TKey, LinkedListNode<(TKey Key, TValue Value)>> _nodes = [];
    private readonly LinkedList<(TKey Key, TValue Value)> _order = new();

    public bool TryGet(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        var isKnown = _nodes.TryGetValue(key, out var node);
        value = node is null ? default : node.Value.Value;
        return isKnown;
    }

    public void Set(TKey key, TValue value)
    {
        if (_nodes.Remove(key, out var known))
            _order.Remove(known);
        _nodes[key] = _order.AddLast((key, value));
        if (_order.Count <= capacity || _order.First is not { } oldest)
            return;
        _order.Remove(oldest);
        _nodes.Remove(oldest.Value.Key);
    }
}
