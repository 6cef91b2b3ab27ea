using System.Net;
using Clawdex.Gateway.Tests.Running;

namespace Clawdex.Gateway.Tests.Telegram;

/// <summary>The address that the AppHost prints leads to the bot, whatever its name is.</summary>
public sealed class BotLinkTests
{
    [Fact]
    public async Task The_link_leads_to_the_bot_in_telegram()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        using var client = gateway.Client();

        // The test server answers to every host, so it is asked again for Telegram's page, which it has not.
        using var answer = await client.GetAsync("/bot", TestContext.Current.CancellationToken);

        Assert.Equal("https://t.me/clawdex_bot", answer.RequestMessage?.RequestUri?.AbsoluteUri);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
    }
}
