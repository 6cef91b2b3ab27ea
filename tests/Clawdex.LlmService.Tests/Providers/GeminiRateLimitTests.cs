using Clawdex.LlmEmulator.Scripts;
using Clawdex.LlmService.Tests.Hosting;
using Grpc.Core;
using static Clawdex.LlmService.Tests.Hosting.Wires;

namespace Clawdex.LlmService.Tests.Providers;

/// <summary>Case 48: how long Gemini asks to wait, wherever it says so.</summary>
public sealed class GeminiRateLimitTests : ServiceTest
{
    private const string RetryIn34Seconds = """[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.074824224s"}]""";

    [Theory] // 48
    [InlineData(RetryIn34Seconds, "34075", "RateLimited")]
    [InlineData("""[{"retryDelay":"900ms"}]""", "900", "RateLimited")]
    [InlineData("""[{"retryDelay":"51820.6s"}]""", "51820600", "QuotaSpent")]
    [InlineData("""[{"retryDelay":"400s"}]""", "400000", "QuotaSpent")]
    [InlineData("""[{"retryDelay":"soon"},7,null]""", null, "RateLimited")]
    [InlineData("""[{"retryDelay":"-Infinitys"}]""", null, "RateLimited")]
    [InlineData("""[{"retryDelay":"999999999999999999s"}]""", null, "RateLimited")]
    [InlineData("\"none\"", null, "RateLimited")]
    public async Task A_rate_limit_tells_how_long_to_wait(string details, string? retryAfterMs, string facts)
    {
        Emulator.Script(LlmScript.Respond(429, GeminiError(429, "RESOURCE_EXHAUSTED", "Too many requests", details)));

        var answer = await Service.AskAsync(GeminiModel);

        Assert.Equal(StatusCode.ResourceExhausted, answer.Status.StatusCode);
        Assert.Equal(retryAfterMs, answer.RetryAfterMs);
        Assert.Equal($"{facts}: Too many requests", answer.Facts);
    }

    [Fact] // 48
    public async Task The_wait_may_hide_in_the_message()
    {
        Emulator.Script(LlmScript.Respond(429, GeminiError(429, "RESOURCE_EXHAUSTED", "You exceeded your quota. Please retry in 12.5s.")));

        Assert.Equal("12500", (await Service.AskAsync(GeminiModel)).RetryAfterMs);
    }
}
