using Clawdex.Gateway.Tests.Running;
using Clawdex.TelegramEmulator.Faults;
using Clawdex.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Clawdex.Gateway.Tests.Updates;

public sealed class SilentPollTests
{
    [Fact]
    public async Task A_poll_that_stays_silent_far_beyond_its_time_is_given_up_and_repeated()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var gateway = await GatewayUnderTest.PrepareAsync(time);
        await gateway.Telegram.Control.AddFaultAsync(new Fault(FaultKind.Hang) { Method = "getUpdates" }, TestContext.Current.CancellationToken);
        var chat = await gateway.ChatAsync();
        await chat.SayAsync("does anybody hear me?");
        using var client = gateway.StartDisconnected();

        await Eventually.TrueAsync(async _ =>
        {
            time.Advance(TimeSpan.FromSeconds(1));
            // The clock runs far ahead of the fakes, so that a placeholder may come first.
            return await chat.BotTextsAsync() is ["Echo: does anybody hear me?"];
        });

        Assert.Contains(gateway.Logs.GetSnapshot(), record => record.Says("no answer in time"));
    }
}
