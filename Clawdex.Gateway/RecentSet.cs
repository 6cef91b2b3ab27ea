namespace Clawdex.Gateway;

/// <summary>The last things that were seen, at most <paramref name="capacity"/> of them: the oldest is forgotten first.</summary>
internal sealed class RecentSet<T>(int capacity) where T : notnull
{
    private readonly Lock _gate = new();
    private readonly HashSet<T> _seen = [];
    private readonly Queue<T> _order = new();

    /// <summary>False = it was seen before.</summary>
    public bool Add(T item)
    {
        lock (_gate)
        {
            if (!_seen.Add(item))
                return false;
            _order.Enqueue(item);
            if (_order.Count > capacity)
                _seen.Remove(_order.Dequeue());
            return true;
        }
    }

    public bool Contains(T item)
    {
        lock (_gate)
            return _seen.Contains(item);
    }
}
