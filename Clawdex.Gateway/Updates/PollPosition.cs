namespace Clawdex.Gateway.Updates;

/// <summary>
/// How far Telegram may forget updates, and which ones beyond that are done already: what could not be stored holds the
/// confirmation back, and all behind it is delivered again together with it.
/// </summary>
internal sealed class PollPosition
{
    private readonly HashSet<int> _doneAhead = [];

    /// <summary>The first update to be delivered; null = whatever Telegram has.</summary>
    public int? Offset { get; private set; }

    /// <summary>Whether Telegram has yet to hear of <see cref="Offset"/>.</summary>
    public bool IsUnconfirmed { get; set; }

    /// <summary>Whether the update was taken in at an earlier delivery.</summary>
    public bool IsDone(int updateId) => _doneAhead.Contains(updateId);

    /// <summary>Moves on behind what is done.</summary>
    /// <param name="delivered">All ids of one delivery, in their order.</param>
    /// <param name="notStored">Those that must come again.</param>
    public void Advance(IReadOnlyList<int> delivered, IReadOnlySet<int> notStored)
    {
        _doneAhead.Clear();
        var held = false;
        foreach (var id in delivered)
        {
            held |= notStored.Contains(id);
            if (!held)
                (Offset, IsUnconfirmed) = (id + 1, true);
            else if (!notStored.Contains(id))
                _doneAhead.Add(id);
        }
    }
}
