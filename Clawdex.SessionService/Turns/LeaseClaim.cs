using System.Threading.Channels;

namespace Clawdex.SessionService.Turns;

/// <summary>One gateway's call for the lease, from its coming to its end. Only <see cref="Presence"/> changes it.</summary>
internal sealed class LeaseClaim(string channel, string holderId, bool hasWaited, string instance, Action<LeaseClaim> release) : IDisposable
{
    // Only the newest state counts, however slowly it is read.
    private readonly Channel<(bool IsHeld, string HolderInstance)> _news = System.Threading.Channels.Channel.CreateBounded<(bool IsHeld, string HolderInstance)>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private string _holderInstance = "";

    public string Channel => channel;

    public string HolderId => holderId;

    /// <summary>It waited behind another gateway when its connection broke.</summary>
    public bool HasWaited => hasWaited;

    /// <summary>Where the gateway runs.</summary>
    public string Instance => instance;

    public bool IsHeld { get; private set; }

    /// <summary>
    /// Whether it holds the lease, and else where the holder runs (empty = nobody holds it yet): at once, with each change, and now
    /// and then without one. Ends when another call of the same gateway takes this one's place, or the service stops.
    /// </summary>
    public IAsyncEnumerable<(bool IsHeld, string HolderInstance)> NewsAsync(CancellationToken cancellationToken) => _news.Reader.ReadAllAsync(cancellationToken);

    public void Grant()
    {
        IsHeld = true;
        Repeat();
    }

    public void Wait(string holderInstance)
    {
        _holderInstance = holderInstance;
        Repeat();
    }

    /// <summary>Says how it stands once more.</summary>
    public void Repeat() => _news.Writer.TryWrite((IsHeld, IsHeld ? "" : _holderInstance));

    public void End()
    {
        IsHeld = false;
        _news.Writer.TryComplete();
    }

    /// <summary>The call is over: the lease is free for the next.</summary>
    public void Dispose() => release(this);
}
