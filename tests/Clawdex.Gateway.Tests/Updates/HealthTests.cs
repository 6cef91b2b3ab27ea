using System.Net;
using Clawdex.Gateway.Tests.Running;
using Clawdex.TelegramEmulator.Faults;
using Clawdex.Testing;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;

namespace Clawdex.Gateway.Tests.Updates;

/// <summary>When <c>/health</c> says that updates reach the gateway, and when it does not.</summary>
public sealed class HealthTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Health_fails_when_the_last_answered_poll_is_older_than_90_seconds_and_recovers_with_the_next_one()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var gateway = await GatewayUnderTest.PrepareAsync(time);
        await gateway.StartGatewayAsync();
        using var client = gateway.Client();

        time.Advance(TimeSpan.FromSeconds(30));
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/health", Cancel)).StatusCode);

        await gateway.Telegram.Control.AddFaultAsync(new Fault(FaultKind.Hang) { Method = "getUpdates", Times = 100 }, Cancel);
        await gateway.BreakPollAsync();
        await Eventually.TrueAsync(async cancel =>
        {
            time.Advance(TimeSpan.FromSeconds(10));
            return (await client.GetAsync("/health", cancel)).StatusCode is HttpStatusCode.ServiceUnavailable;
        });
        var body = await (await client.GetAsync("/health", Cancel)).Content.ReadAsStringAsync(Cancel);
        Assert.Contains("Telegram has answered no poll for ", body, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await client.GetAsync("/alive", Cancel)).StatusCode);

        await gateway.Telegram.Control.ClearFaultsAsync(Cancel);
        var chat = await gateway.ChatAsync();
        await Eventually.TrueAsync(async cancel =>
        {
            // The emulator's clock is a real one: it answers a poll at once only when there is an update.
            await chat.SayAsync("are you there?");
            time.Advance(TimeSpan.FromSeconds(5));
            return (await client.GetAsync("/health", cancel)).StatusCode is HttpStatusCode.OK;
        });
    }

    [Theory]
    [InlineData(StatusCode.ResourceExhausted)]
    [InlineData(StatusCode.Unavailable)]
    public async Task Health_fails_when_what_people_write_could_not_be_stored_for_90_seconds_and_recovers_when_it_can(StatusCode status)
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var gateway = await GatewayUnderTest.PrepareAsync(time);
        await gateway.StartGatewayAsync();
        using var client = gateway.Client();
        var chat = await gateway.ChatAsync();

        gateway.Sessions.Outage = new Status(status, "not now");
        await chat.SayAsync("store this");
        await Eventually.TrueAsync(async cancel =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return (await (await client.GetAsync("/health", cancel)).Content.ReadAsStringAsync(cancel)).Contains("No message could be stored for ", StringComparison.Ordinal);
        });
        Assert.Equal(HttpStatusCode.ServiceUnavailable, (await client.GetAsync("/health", Cancel)).StatusCode);

        gateway.Sessions.Outage = null;
        await Eventually.TrueAsync(async cancel =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return (await client.GetAsync("/health", cancel)).StatusCode is HttpStatusCode.OK;
        });
    }

    [Fact]
    public async Task Health_does_not_fail_for_what_nobody_tries_any_more()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var gateway = await GatewayUnderTest.PrepareAsync(time);
        await gateway.StartGatewayAsync();
        using var client = gateway.Client();
        var chat = await gateway.ChatAsync();
        await gateway.Telegram.Control.AddFaultAsync(new Fault(FaultKind.DropBefore) { Method = "sendMessage", Times = 2 }, Cancel);
        gateway.Sessions.Before = called => called == "AcceptMessage" ? throw new RpcException(new Status(StatusCode.Internal, "broken")) : Task.CompletedTask;

        await chat.SayAsync("store this");
        await Eventually.TrueAsync(() =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            return gateway.Logs.GetSnapshot().Count(record => record.Says("answer to a send was lost")) == 2;
        });
        gateway.Sessions.Before = null;

        for (var i = 0; i < 100; i++)
        {
            var health = await (await client.GetAsync("/health", Cancel)).Content.ReadAsStringAsync(Cancel);
            Assert.DoesNotContain("No message could be stored", health, StringComparison.Ordinal);
            Assert.DoesNotContain("Nothing that was written", health, StringComparison.Ordinal);
            time.Advance(TimeSpan.FromSeconds(1));
        }
    }
}
