using System.Net;
using System.Net.Sockets;
using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;

namespace Clawdex.Gateway.Tests.Hosting;

/// <summary>Of several session services one takes connections and stands still.</summary>
public sealed class HungServiceTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_renews_the_gateways_life_is_asked_of_the_other_one()
    {
        using var hung = new TcpListener(IPAddress.Loopback, 0);
        hung.Start();
        await using var gateway = await GatewayUnderTest.PrepareAsync(null, ("services:session:grpc:1", $"http://{hung.LocalEndpoint}"));
        using var http = gateway.StartDisconnected();
        var sessions = gateway.Get<Clawdex.Sessions.V1.Sessions.SessionsClient>();

        // Every second call goes to the one that stands still, which would never answer.
        for (var beat = 0; beat < 6; beat++)
            await sessions.KeepAliveAsync(new KeepAliveRequest { HolderId = "a", Instance = "here" }, cancellationToken: Cancel).ResponseAsync.WaitAsync(GatewayUnderTest.Soon, Cancel);
    }

    [Fact]
    public async Task Behind_one_address_the_next_connection_leads_to_the_other_one_soon()
    {
        await using var gateway = await GatewayUnderTest.PrepareAsync(null);
        using var balancer = new TcpListener(IPAddress.Loopback, 0);
        balancer.Start();
        var balancing = BalanceAsync(balancer, new Uri(gateway.Sessions.Address), Task.CompletedTask);
        gateway.Set("services:session:grpc:0", $"http://{balancer.LocalEndpoint}");
        using var http = gateway.StartDisconnected();

        // The first connection leads to the service that stands still, with all that the gateway asks before it polls.
        await gateway.Telegram.Control.WaitForPollAsync(GatewayUnderTest.Soon, Cancel);

        Assert.False(balancing.IsFaulted);
    }

    [Fact]
    public async Task A_message_whose_connection_stands_still_is_answered_by_another_one_without_a_word()
    {
        await using var gateway = await GatewayUnderTest.PrepareAsync(null);
        using var balancer = new TcpListener(IPAddress.Loopback, 0);
        balancer.Start();
        var hang = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var balancing = BalanceAsync(balancer, new Uri(gateway.Sessions.Address), hang.Task);
        gateway.Set("services:session:grpc:0", $"http://{balancer.LocalEndpoint}");
        await gateway.StartGatewayAsync();
        var chat = await gateway.ChatAsync();
        gateway.Llm.When("what now", async call =>
        {
            await call.SayAsync("One moment, ");
            hang.SetResult();
            await call.SayAsync("and done.");
        });

        await chat.SayAsync("what now");

        await chat.ReadsAsync("One moment, and done.");
        await Eventually.TrueAsync(() => gateway.Sessions.Turns is [{ State: TurnState.Delivered }]);
        Assert.Single(await chat.BotTextsAsync());
        Assert.False(balancing.IsFaulted);
    }

    /// <summary>The first connection stands still once <paramref name="hang"/> says so; the next ones work.</summary>
    private static async Task BalanceAsync(TcpListener balancer, Uri service, Task hang)
    {
        for (var first = true; ; first = false)
        {
            var near = await balancer.AcceptTcpClientAsync(Cancel);
            var far = new TcpClient();
            await far.ConnectAsync(service.Host, service.Port, Cancel);
            _ = CopyAsync(near.GetStream(), far.GetStream(), first ? hang : null);
            _ = CopyAsync(far.GetStream(), near.GetStream(), first ? hang : null);
        }
    }

    private static async Task CopyAsync(NetworkStream from, NetworkStream to, Task? hang)
    {
        var buffer = new byte[16_384];
        while (await from.ReadAsync(buffer, Cancel) is > 0 and var count)
        {
            if (hang is { IsCompleted: true })
                await Task.Delay(Timeout.Infinite, Cancel);
            await to.WriteAsync(buffer.AsMemory(0, count), Cancel);
        }
    }
}
