using Clawdex.Gateway.Tests.Running;
using Clawdex.Gateway.Updates;
using Clawdex.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Clawdex.Gateway.Tests.Access;

/// <summary>A gateway that is deployed says whose the bot is, or does not start: nobody sees a link on its console.</summary>
public sealed class OwnerRuleTests
{
    private const string Open = "http://*:5100";

    [Theory]
    [InlineData("channels:telegram:claim", "0123456789abcdefghij-_")]
    [InlineData("channels:telegram:allowedUsers:0", "12345")]
    [InlineData("channels:telegram:allowedUsers:0", "*")]
    [InlineData("Kestrel:Endpoints:http:Url", "http://localhost:5100")]
    public void Who_says_whose_it_is_or_stays_on_this_machine_starts(string key, string value) =>
        Assert.Null(ClaimEndpoint.ProblemOf(Configured(("Kestrel:Endpoints:http:Url", Open), (key, value))));

    [Theory]
    [InlineData("channels:telegram:claim", "")]
    [InlineData("channels:telegram:allowedUsers", "")]
    [InlineData("channels:telegram:everyoneIsOwner", "false")]
    [InlineData("channels:telegram:allowRequests", "true")]
    [InlineData("Kestrel:Endpoints:webhook:Url", "http://0.0.0.0:5101")]
    [InlineData("services:session:grpc:0", "http://localhost:5111")]
    public void Who_does_not_is_told_in_one_sentence_what_to_set(string key, string value)
    {
        var problem = ClaimEndpoint.ProblemOf(Configured(("Kestrel:Endpoints:http:Url", Open), (key, value)));

        Assert.StartsWith("channels:telegram:claim is missing: ", problem, StringComparison.Ordinal);
        Assert.EndsWith("or set channels:telegram:allowedUsers", problem, StringComparison.Ordinal);
    }

    /// <summary>As in a compose file: the gateway listens to its own container alone.</summary>
    [Theory]
    [InlineData("http://session:8081", true)]
    [InlineData("http://10.0.0.7:8081", true)]
    [InlineData("https+http://session", true)]
    [InlineData("http://localhost:5111", false)]
    [InlineData("http://127.0.0.1:5111", false)]
    [InlineData("", false)]
    public void A_gateway_whose_services_are_on_other_machines_is_deployed(string session, bool isDeployed) => Assert.Equal(
        isDeployed, ClaimEndpoint.ProblemOf(Configured(("Kestrel:Endpoints:http:Url", "http://localhost:8080"), ("services:session:grpc:0", session))) is not null);

    [Theory]
    [InlineData("http://localhost:5100", null)]
    [InlineData("http://localhost:5100", "")]
    [InlineData("http://localhost:5100", "https://api.telegram.org")]
    [InlineData("http://localhost:5100", "http://127.0.0.1.example:8081")]
    [InlineData(Open, "http://bots.internal:8081")]
    public void Everyone_cannot_own_a_bot_that_all_of_Telegram_can_write_to(string url, string? api)
    {
        var problem = ClaimEndpoint.ProblemOf(Configured(("Kestrel:Endpoints:http:Url", url), ("channels:telegram:everyoneIsOwner", " True"), ("channels:telegram:apiBaseUrl", api)));

        Assert.StartsWith("channels:telegram:everyoneIsOwner is for an emulator on this machine", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://localhost:8790")]
    [InlineData("http://127.0.0.1:8790")]
    [InlineData("http://[::1]:8790")]
    public void Whoever_writes_to_an_emulator_on_this_machine_may_own_the_bot(string api) =>
        Assert.Null(ClaimEndpoint.ProblemOf(Configured(("Kestrel:Endpoints:http:Url", Open), ("channels:telegram:everyoneIsOwner", "true"), ("channels:telegram:apiBaseUrl", api))));

    [Fact]
    public async Task The_gateway_does_not_start()
    {
        await using var gateway = await GatewayUnderTest.PrepareAsync(
            null, ("channels:telegram:everyoneIsOwner", "false"), ("Kestrel:Endpoints:http:Url", Open), ("calls:secret", "the-services-know-each-other-by-this-secret"));

        _ = Record.Exception(gateway.StartToFail);

        Assert.Contains(gateway.Logs.GetSnapshot(), record => record.Level is LogLevel.Critical && record.Says("Invalid setting: channels:telegram:claim is missing"));
    }

    private static IConfiguration Configured(params (string Key, string? Value)[] settings) => new ConfigurationBuilder()
        .AddInMemoryCollection(settings.GroupBy(setting => setting.Key).ToDictionary(same => same.Key, string? (same) => same.Last().Value)).Build();
}
