using Clawdex.Gateway.Tests.Running;
using Clawdex.TelegramEmulator.Faults;
using Clawdex.Testing;
using Microsoft.Extensions.Logging;

namespace Clawdex.Gateway.Tests.Updates;

/// <summary>Only Telegram itself can say that it does not know the bot, and only then nothing helps but to stop.</summary>
public sealed class UnknownBotTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(401, "Unauthorized")]
    [InlineData(404, "Not Found")]
    public async Task A_bot_that_telegram_does_not_know_stops_the_gateway_and_names_the_setting(int code, string description)
    {
        await using var gateway = await GatewayUnderTest.PrepareAsync(null, ("channels:telegram:botToken", "77:SECRET-part"));
        await gateway.Telegram.Control.AddFaultAsync(
            new Fault(FaultKind.Respond)
            {
                Method = "getMe",
                Status = code,
                Body = $$"""{"ok":false,"error_code":{{code}},"description":"{{description}}"}""",
            },
            Cancel);

        gateway.StartToFail();

        await Eventually.TrueAsync(() => gateway.Logs.GetSnapshot().Any(record => record.Level is LogLevel.Critical));

        Assert.Contains(gateway.Logs.GetSnapshot(), record => record.Level is LogLevel.Critical && record.Says("channels:telegram:botToken"));
        Assert.DoesNotContain(gateway.Logs.GetSnapshot(), record => record.Says("SECRET-part"));
    }

    [Fact]
    public async Task A_token_that_is_revoked_while_the_bot_runs_stops_it_once_get_me_says_so_too()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        await gateway.Telegram.Control.AddFaultAsync(
            new Fault(FaultKind.Respond) { Times = 0, Status = 401, Body = """{"ok":false,"error_code":401,"description":"Unauthorized"}""" }, Cancel);

        await gateway.Telegram.Control.DropPollAsync(Cancel);

        await Eventually.TrueAsync(() => gateway.Logs.GetSnapshot().Any(record => record.Level is LogLevel.Critical && record.Says("does not know this bot")));
    }

    [Fact]
    public async Task A_page_that_stands_before_telegram_at_the_start_is_waited_out()
    {
        await using var gateway = await GatewayUnderTest.PrepareAsync(null);
        await gateway.Telegram.Control.AddFaultAsync(
            new Fault(FaultKind.Respond) { Method = "getMe", Status = 404, Body = "<html>Not Found</html>", ContentType = "text/html" }, Cancel);

        await gateway.StartGatewayAsync();

        Assert.DoesNotContain(gateway.Logs.GetSnapshot(), record => record.Level is LogLevel.Critical);
    }
}
