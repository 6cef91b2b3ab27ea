using System.Threading.Channels;

namespace Clawdex.SessionService.Turns;

/// <summary>How a gateway stands now.</summary>
/// <param name="HolderInstance">While it waits: where the holder runs; empty = nobody holds the lease yet.</param>
internal readonly record struct LeaseNews(bool IsHeld, string HolderInstance);

/// <summary>One gateway's call for the lease, from its coming to its end. Only <see cref="GatewayLease"/> changes it.</summary>
internal sealed class LeaseClaim(LeaseApplicant applicant, Action<LeaseClaim> release) : IDisposable
{
    // Only the newest state counts, however slowly it is read.
    private readonly Channel<LeaseNews> _news = Channel.CreateBounded<LeaseNews>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    public LeaseApplicant Applicant { get; } = applicant;

    public bool IsHeld { get; private set; }

    /// <summary>Every change, the first at once; ends when another call took this one's place, or the service stops.</summary>
    public IAsyncEnumerable<LeaseNews> NewsAsync(CancellationToken cancellationToken) => _news.Reader.ReadAllAsync(cancellationToken);

    public void Grant()
    {
        IsHeld = true;
        _news.Writer.TryWrite(new LeaseNews(true, ""));
    }

    public void Wait(string holderInstance) => _news.Writer.TryWrite(new LeaseNews(false, holderInstance));

    public void End()
    {
        IsHeld = false;
        _news.Writer.TryComplete();
    }

    /// <summary>The call is over: the lease is free for the next.</summary>
    public void Dispose() => release(this);
}
