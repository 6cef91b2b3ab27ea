using System.Net;
using System.Net.Sockets;

namespace Clawdex.AppHost.Tests.Cluster;

/// <summary>
/// The network between two: an address of this machine that leads to another one. While it is cut it is silent: neither a byte nor the
/// end of a connection passes, and who connects is taken and hears nothing. At most 16 KiB of each direction are held here; the rest
/// waits in the buffers of the operating system, and then in who sends it.
/// </summary>
internal sealed class CuttableLink : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _life = new();
    private readonly Lock _gate = new();
    private readonly List<RelayedConnection> _connections = [];
    private readonly string _from;
    private readonly Task _accepting;

    /// <summary>Ends with the cut; null = the link is whole.</summary>
    private volatile TaskCompletionSource? _cut;

    /// <param name="from">Who connects.</param>
    /// <param name="to">To whom.</param>
    /// <param name="target">Where that one listens, now or later.</param>
    public CuttableLink(string from, string to, EndPoint target)
    {
        (_from, To) = (from, to);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        EndPoint = _listener.LocalEndPoint as IPEndPoint ?? throw new InvalidOperationException("The link does not listen");
        _accepting = AcceptAsync(target, _life.Token);
    }

    public string To { get; }

    /// <summary>Where to connect instead of the target.</summary>
    public IPEndPoint EndPoint { get; }

    /// <summary>The same for who speaks HTTP; without a slash at its end.</summary>
    public string Address => $"http://{EndPoint}";

    public override string ToString() => $"{_from} – {To}";

    /// <summary>Cuts it for a while. One cut at a time.</summary>
    /// <param name="resets">In the end all connections are reset, and what was held is lost; else all of it goes on.</param>
    public async Task CutAsync(TimeSpan time, bool resets, CancellationToken cancellationToken)
    {
        var cut = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _cut = cut;
        try
        {
            await Task.Delay(time, cancellationToken);
            // Before anything goes on.
            if (resets)
                ResetAll();
        }
        finally
        {
            _cut = null;
            cut.TrySetResult();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _life.CancelAsync();
        await _accepting;
        _listener.Dispose();
        ResetAll();
        await Task.WhenAll(Connections().Select(connection => connection.Ended));
        _life.Dispose();
    }

    private async Task AcceptAsync(EndPoint target, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                var near = await _listener.AcceptAsync(cancellationToken);
                lock (_gate)
                {
                    _connections.RemoveAll(connection => connection.Ended.IsCompleted);
                    _connections.Add(new RelayedConnection(near, target, PassAsync));
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The link ends.
        }
    }

    private async Task PassAsync(CancellationToken cancellationToken)
    {
        while (_cut is { } cut)
            await cut.Task.WaitAsync(cancellationToken);
    }

    private void ResetAll()
    {
        foreach (var connection in Connections())
            connection.Reset();
    }

    private List<RelayedConnection> Connections()
    {
        lock (_gate)
            return [.. _connections];
    }
}
