using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Clawdex.Gateway.Tests.Running;
using Clawdex.Sessions.V1;
using Clawdex.TelegramEmulator.Faults;

namespace Clawdex.Gateway.Tests.Hosting;

public sealed class MetricsTests
{
    [Fact]
    public async Task A_turn_is_counted_timed_and_charged_and_a_429_and_a_refusal_are_counted()
    {
        var seen = new ConcurrentDictionary<string, double>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Meter.Name == GatewayTelemetry.Name)
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, _, _) => seen.AddOrUpdate(instrument.Name, value, (_, sum) => sum + value));
        listener.SetMeasurementEventCallback<double>((instrument, value, _, _) => seen.AddOrUpdate(instrument.Name, value, (_, sum) => sum + value));
        listener.Start();
        await using var gateway = await GatewayUnderTest.StartAsync(("agent:limits:tokensPerDay", "12"));
        var chat = await gateway.ChatAsync();
        await gateway.Telegram.Control.AddFaultAsync(
            new Fault(FaultKind.TooManyRequests) { Method = "sendMessage", ChatId = chat.Id, RetryAfter = 1 }, TestContext.Current.CancellationToken);

        await chat.SayAsync("count me");
        await chat.ReadsAsync("Echo: count me");
        await Eventually.TrueAsync(() => gateway.Sessions.Turns.All(turn => turn.State is TurnState.Delivered));
        await chat.SayAsync("refuse me");
        await chat.ReadsAsync(message => message.Text.StartsWith("⚠️ The 12 tokens of today", StringComparison.Ordinal));
        await gateway.StopGatewayAsync();
        listener.RecordObservableInstruments();

        // Other tests run at the same time and count, too.
        Assert.All(
            [
                "clawdex.gateway.turns", "clawdex.gateway.turn.time_to_first_text", "clawdex.gateway.turn.duration",
                "clawdex.gateway.reply.edits", "clawdex.gateway.telegram.429", "clawdex.gateway.budget.tokens", "clawdex.gateway.budget.refusals",
            ],
            name => Assert.True(seen.GetValueOrDefault(name) > 0, name));
        Assert.Contains("clawdex.gateway.turns.open", seen.Keys);
    }
}
