namespace Clawdex.Gateway.Inbound;

/// <summary>
/// The turns that this process settled lately. What the session service listed as open a moment ago, or answers to an update
/// that came twice, may have ended in between.
/// </summary>
internal sealed class SettledTurns
{
    private const int MostRemembered = 10_000;

    private readonly Lock _gate = new();
    private readonly HashSet<long> _ids = [];
    private readonly Queue<long> _order = new();

    public void Add(long turnId)
    {
        lock (_gate)
        {
            if (!_ids.Add(turnId))
                return;
            _order.Enqueue(turnId);
            if (_order.Count > MostRemembered)
                _ids.Remove(_order.Dequeue());
        }
    }

    public bool Contains(long turnId)
    {
        lock (_gate)
            return _ids.Contains(turnId);
    }
}
