using System.Diagnostics.Metrics;
using Clawdex.Gateway.Tests.Running;

namespace Clawdex.Gateway.Tests.Hosting;

[Collection(nameof(Alone))]
public sealed class OpenTurnsTests
{
    [Fact]
    public async Task Turns_that_wait_when_the_gateway_stops_are_not_counted_as_open_any_more()
    {
        long open = 0;
        long most = 0;
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, self) =>
            {
                if (instrument.Name == GatewayTelemetry.OpenTurns.Name)
                    self.EnableMeasurementEvents(instrument);
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, _, _) => most = Math.Max(most, Interlocked.Add(ref open, value)));
        listener.Start();
        await using var gateway = await GatewayUnderTest.StartAsync();
        gateway.Llm.When("never ends", call => call.HangAsync());
        var chat = await gateway.ChatAsync();
        foreach (var text in (string[])["never ends", "waits", "waits, too"])
            await chat.SayAsync(text);
        await Eventually.TrueAsync(() => Interlocked.Read(ref open) == 3);

        await gateway.StopGatewayAsync();

        Assert.Equal((3, 0), (most, open));
    }
}
