using Clawdex.Gateway.Tests.Running;
using Clawdex.TelegramEmulator.Faults;

namespace Clawdex.Gateway.Tests.Updates;

/// <summary>A gateway that follows another one may meet that one's last polls.</summary>
public sealed class PollTakeOverTests
{
    private const string Conflict =
        """{"ok":false,"error_code":409,"description":"Conflict: terminated by other getUpdates request; make sure that only one bot instance is running"}""";

    [Fact]
    public async Task Four_conflicts_in_a_row_keep_a_message_waiting_for_seconds_and_not_for_a_minute()
    {
        await using var gateway = await GatewayUnderTest.PrepareAsync(null);
        await gateway.Telegram.Control.AddFaultAsync(
            new Fault(FaultKind.Respond, "getUpdates", Times: 4, Status: 409, Body: Conflict), TestContext.Current.CancellationToken);
        var chat = await gateway.ChatAsync();
        await chat.SayAsync("who answers now?");
        using var client = gateway.StartDisconnected();

        // With pauses that grow it would be 45 s.
        await chat.ReadsAsync("Echo: who answers now?");
    }
}
