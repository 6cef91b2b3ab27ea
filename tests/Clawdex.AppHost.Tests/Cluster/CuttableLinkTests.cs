using System.Net;
using System.Net.Sockets;

namespace Clawdex.AppHost.Tests.Cluster;

/// <summary>What the cluster's tests rely on: a cut is silent, and its end is what was asked for.</summary>
public sealed class CuttableLinkTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromMinutes(1);

    /// <summary>What passes at all has passed by then.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromMilliseconds(300);

    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly byte[] _buffer = new byte[100];

    public CuttableLinkTests()
    {
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Bytes_pass_in_both_directions_and_so_does_the_end_of_each()
    {
        await using var link = NewLink();
        using var near = await ConnectAsync(link);
        using var far = await _listener.AcceptAsync(Stop);

        await near.SendAsync("there"u8.ToArray().AsMemory(), Stop);
        Assert.Equal(5, await ReceiveAsync(far));
        near.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await ReceiveAsync(far));
        await far.SendAsync("and back"u8.ToArray().AsMemory(), Stop);
        Assert.Equal(8, await ReceiveAsync(near));
        far.Shutdown(SocketShutdown.Send);
        Assert.Equal(0, await ReceiveAsync(near));
    }

    [Fact]
    public async Task What_a_cut_has_held_goes_on_after_it_and_so_does_a_connection_that_was_made_meanwhile()
    {
        await using var link = NewLink();
        using var near = await ConnectAsync(link);
        using var far = await _listener.AcceptAsync(Stop);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var cut = link.CutAsync(Long, resets: false, end.Token);

        await near.SendAsync("held"u8.ToArray().AsMemory(), Stop);
        near.Shutdown(SocketShutdown.Send);
        using var later = await ConnectAsync(link);
        var (received, accepted) = (ReceiveAsync(far), _listener.AcceptAsync(Stop).AsTask());
        await Task.Delay(Silence, Stop);
        Assert.False(received.IsCompleted);
        Assert.False(accepted.IsCompleted);
        await end.CancelAsync();
        await Task.WhenAny(cut);

        Assert.Equal(4, await received);
        Assert.Equal(0, await ReceiveAsync(far));
        using var other = await accepted;
    }

    [Fact]
    public async Task A_cut_that_ends_with_resets_loses_what_it_has_held_and_the_link_works_again()
    {
        await using var link = NewLink();
        using var near = await ConnectAsync(link);
        using var far = await _listener.AcceptAsync(Stop);
        var cut = link.CutAsync(Silence, resets: true, Stop);
        await near.SendAsync("lost"u8.ToArray().AsMemory(), Stop);

        await cut;

        await Assert.ThrowsAsync<SocketException>(() => ReceiveAsync(far));
        await Assert.ThrowsAsync<SocketException>(() => ReceiveAsync(near));
        using var again = await ConnectAsync(link);
        using var farAgain = await _listener.AcceptAsync(Stop);
        await again.SendAsync("new"u8.ToArray().AsMemory(), Stop);
        Assert.Equal(3, await ReceiveAsync(farAgain));
    }

    [Fact]
    public async Task Who_connects_to_nobody_is_reset()
    {
        await using var link = NewLink();
        _listener.Dispose();

        await Assert.ThrowsAsync<SocketException>(async () =>
        {
            using var near = await ConnectAsync(link);
            await ReceiveAsync(near);
        });
    }

    [Fact]
    public async Task A_reset_of_one_side_is_one_of_the_other()
    {
        await using var link = NewLink();
        using var near = await ConnectAsync(link);
        var far = await _listener.AcceptAsync(Stop);

        far.LingerState = new LingerOption(enable: true, seconds: 0);
        far.Dispose();

        await Assert.ThrowsAsync<SocketException>(() => ReceiveAsync(near));
    }

    public void Dispose() => _listener.Dispose();

    private CuttableLink NewLink() => new("one", "another", _listener.LocalEndPoint ?? throw new InvalidOperationException("Nobody listens"));

    private static async Task<Socket> ConnectAsync(CuttableLink link)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(link.EndPoint, Stop);
        return socket;
    }

    private async Task<int> ReceiveAsync(Socket socket) => await socket.ReceiveAsync(_buffer.AsMemory(), Stop);
}
