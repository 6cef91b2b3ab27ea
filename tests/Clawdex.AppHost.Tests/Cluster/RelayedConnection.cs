using System.Net;
using System.Net.Sockets;

namespace Clawdex.AppHost.Tests.Cluster;

/// <summary>
/// One connection through a <see cref="CuttableLink"/>. What ends on one side ends on the other: the end of one direction as such, and
/// a reset, or a target that takes no connection, as a reset.
/// </summary>
internal sealed class RelayedConnection
{
    private const int BufferBytes = 16 * 1024;

    private readonly Socket _near;
    private readonly Socket _far;
    private readonly Func<CancellationToken, Task> _passAsync;

    // It has neither a timer nor a parent, so there is nothing to dispose.
    private readonly CancellationTokenSource _broken = new();

    /// <param name="near">Of whoever has connected.</param>
    /// <param name="target">Where it wants to go.</param>
    /// <param name="passAsync">Waits while the link is cut.</param>
    public RelayedConnection(Socket near, EndPoint target, Func<CancellationToken, Task> passAsync)
    {
        (_near, _passAsync) = (near, passAsync);
        _far = new Socket(target.AddressFamily, SocketType.Stream, target.AddressFamily is AddressFamily.Unix ? ProtocolType.Unspecified : ProtocolType.Tcp);
        Ended = RunAsync(target);
    }

    /// <summary>Ends without an error, when both sockets are closed.</summary>
    public Task Ended { get; }

    /// <summary>Both sides hear of a reset, and nothing of what is still on its way.</summary>
    public void Reset() => _broken.Cancel();

    private async Task RunAsync(EndPoint target)
    {
        try
        {
            // Who connects while the link is cut is taken, and hears nothing.
            await _passAsync(_broken.Token);
            await _far.ConnectAsync(target, _broken.Token);
            foreach (var socket in Tcp())
                socket.NoDelay = true;
            await Task.WhenAll(PumpAsync(_near, _far), PumpAsync(_far, _near));
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            Reset();
        }
        finally
        {
            Close();
        }
    }

    private async Task PumpAsync(Socket from, Socket to)
    {
        var buffer = new byte[BufferBytes];
        try
        {
            int count;
            while ((count = await from.ReceiveAsync(buffer.AsMemory(), _broken.Token)) > 0)
            {
                await _passAsync(_broken.Token);
                for (var sent = 0; sent < count;)
                    sent += await to.SendAsync(buffer.AsMemory(sent, count - sent), _broken.Token);
            }

            await _passAsync(_broken.Token);
            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception error) when (error is SocketException or OperationCanceledException)
        {
            // The other direction waits for bytes that nobody wants any more.
            Reset();
        }
    }

    private void Close()
    {
        if (_broken.IsCancellationRequested)
        {
            // A close that waits for nothing is a reset.
            foreach (var socket in Tcp())
                socket.LingerState = new LingerOption(enable: true, seconds: 0);
        }

        _near.Dispose();
        _far.Dispose();
    }

    /// <summary>Without that of PostgreSQL, which has a file for an address: it knows no resets.</summary>
    private Socket[] Tcp() => _far.AddressFamily is AddressFamily.Unix ? [_near] : [_near, _far];
}
