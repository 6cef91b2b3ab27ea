namespace Clawdex.Gateway.Inbound;

/// <summary>The last albums that were seen: all parts of one are one thing to a user.</summary>
internal sealed class RecentAlbums
{
    private const int MostRemembered = 100;

    private readonly Lock _gate = new();
    private readonly HashSet<string> _seen = [];
    private readonly Queue<string> _order = new();

    /// <summary>False = another part of an album that was seen before. What belongs to no album is always new.</summary>
    public bool IsNew(string? albumId)
    {
        if (albumId is null)
            return true;
        lock (_gate)
        {
            if (!_seen.Add(albumId))
                return false;
            _order.Enqueue(albumId);
            if (_order.Count > MostRemembered)
                _seen.Remove(_order.Dequeue());
            return true;
        }
    }
}
