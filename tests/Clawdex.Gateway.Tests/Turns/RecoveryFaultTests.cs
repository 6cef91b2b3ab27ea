using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;
using Clawdex.Testing;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;

namespace Clawdex.Gateway.Tests.Turns;

/// <summary>What is stored and cannot be taken up keeps nobody else waiting, and is not hidden either.</summary>
public sealed class RecoveryFaultTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("discord:1")]
    [InlineData("telegram:not-a-number")]
    public async Task An_open_turn_with_a_foreign_key_is_left_alone_and_all_others_are_taken_up(string key)
    {
        await using var gateway = await GatewayUnderTest.PrepareAsync(null);
        var chat = await gateway.ChatAsync();
        var foreign = gateway.Sessions.Leave(key, "of another channel", TurnState.Accepted, TimeProvider.System.GetUtcNow());
        gateway.Sessions.Leave($"telegram:{chat.Id}", "of ours", TurnState.Accepted, TimeProvider.System.GetUtcNow());

        await gateway.StartGatewayAsync();
        await chat.ReadsAsync("Echo: of ours");
        await chat.SayAsync("and now?");
        await chat.ReadsAsync("Echo: and now?");

        Assert.Equal(TurnState.Accepted, gateway.Sessions.Turns[0].State);
        Assert.Equal(1, foreign);
        Assert.Single(gateway.Logs.GetSnapshot(), record => record.Says("1 open turns are of no conversation that this gateway knows"));
    }

    [Fact]
    public async Task A_whole_page_of_foreign_turns_does_not_hide_the_ones_behind_it()
    {
        await using var gateway = await GatewayUnderTest.PrepareAsync(null);
        var chat = await gateway.ChatAsync();
        for (var i = 0; i < 150; i++)
            gateway.Sessions.Leave($"discord:{i}", "of another channel", TurnState.Accepted, TimeProvider.System.GetUtcNow());
        gateway.Sessions.Leave($"telegram:{chat.Id}", "of ours", TurnState.Accepted, TimeProvider.System.GetUtcNow());

        await gateway.StartGatewayAsync();

        await chat.ReadsAsync("Echo: of ours");
    }

    [Fact]
    public async Task While_the_session_service_cannot_say_what_is_open_new_messages_are_answered_health_says_so_and_it_is_asked_again()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var gateway = await GatewayUnderTest.PrepareAsync(time);
        var chat = await gateway.ChatAsync();
        gateway.Sessions.Leave("telegram:4711", "left behind", TurnState.Accepted, TimeProvider.System.GetUtcNow());
        gateway.Sessions.Before = method => method == "ListOpenTurns"
            ? throw new RpcException(new Status(StatusCode.Internal, "a row that cannot be read"))
            : Task.CompletedTask;
        using var client = gateway.StartDisconnected();

        await chat.SayAsync("does it stop you?");
        await chat.ReadsAsync("Echo: does it stop you?");
        var health = await client.GetAsync("/health", Cancel);
        Assert.Equal(System.Net.HttpStatusCode.ServiceUnavailable, health.StatusCode);
        Assert.Contains("What was left open cannot be taken up", await health.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);

        gateway.Sessions.Before = null;
        await Eventually.TrueAsync(async cancel =>
        {
            time.Advance(TimeSpan.FromSeconds(5));
            return (await client.GetAsync("/health", cancel)).IsSuccessStatusCode;
        });
        Assert.Contains(gateway.Logs.GetSnapshot(), record => record.Says("1 turns were left open and are taken up"));
    }
}
