using Clawdex.LlmEmulator.Scripts;
using Clawdex.LlmService.Tests.Hosting;
using Grpc.Core;
using static Clawdex.LlmService.Tests.Hosting.Wires;

namespace Clawdex.LlmService.Tests.Providers;

/// <summary>Cases 47, 48 and 52: what Gemini's HTTP errors mean, and which of them are final.</summary>
public sealed class GeminiErrorTests : ServiceTest
{
    private const string RetryIn34Seconds = """[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.074824224s"}]""";

    /// <summary>Retries are on: a final error must not use them.</summary>
    protected override IEnumerable<(string Key, string Value)> Settings => [("llm:retryAttempts", "3"), ("llm:retryBudgetSeconds", "0")];

    public static TheoryData<int, string, string, string> FinalErrors => new()
    {
        {
            400,
            GeminiError(400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key.", """[{"reason":"API_KEY_INVALID"}]"""),
            "Unauthenticated",
            "KeyRejected"
        },
        { 401, "", "Unauthenticated", "KeyRejected" },
        {
            403,
            GeminiError(403, "PERMISSION_DENIED", "Your API key was reported as leaked."),
            "Unauthenticated",
            "KeyForbidden: Your API key was reported as leaked."
        },
        {
            404,
            GeminiError(404, "NOT_FOUND", "models/gemini-2.5-flash is not found"),
            "NotFound",
            "UnknownModel: models/gemini-2.5-flash is not found"
        },
        {
            400,
            GeminiError(400, "FAILED_PRECONDITION", "User location is not supported for the API use."),
            "FailedPrecondition",
            "AccountRefused: User location is not supported for the API use."
        },
        {
            402,
            GeminiError(402, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."),
            "FailedPrecondition",
            "NoCredit"
        },
        {
            400,
            GeminiError(400, "INVALID_ARGUMENT", "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."),
            "OutOfRange",
            "ContextTooLong"
        },
        {
            400, // 52
            GeminiError(400, "INVALID_ARGUMENT", "thinkingLevel MINIMAL is not supported by this model."),
            "InvalidArgument",
            "InvalidRequest: thinkingLevel MINIMAL is not supported by this model."
        },
        {
            429,
            GeminiError(429, "RESOURCE_EXHAUSTED", "Quota exceeded", """[{"violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}]"""),
            "ResourceExhausted",
            "QuotaSpent"
        },
        {
            429,
            GeminiError(429, "RESOURCE_EXHAUSTED", "Quota exceeded for metric: free_tier_requests, limit: 0"),
            "ResourceExhausted",
            "NoQuota"
        },
        { 499, GeminiError(499, "CANCELLED", "The operation was cancelled."), "InvalidArgument", "InvalidRequest: The operation was cancelled." },
        { 400, "<html>Bad Request</html>", "InvalidArgument", "InvalidRequest" },
        { 400, "", "InvalidArgument", "InvalidRequest" },
    };

    [Theory]
    [MemberData(nameof(FinalErrors))]
    public async Task An_error_that_no_repetition_cures_is_said_once(int status, string body, string code, string facts)
    {
        Emulator.Script(LlmScript.Respond(status, body));

        var answer = await Service.AskAsync(GeminiModel);

        Assert.Equal(facts, answer.Facts);
        Assert.Equal(("gemini", "gemini-2.5-flash"), (answer.Failure?.Provider, answer.Failure?.ModelId));
        Assert.Equal(code, answer.Status.StatusCode.ToString());
        Assert.Null(answer.Finished);
        Assert.Single(answer.Started);
        Assert.Single(Emulator.Chats);
    }

    [Theory] // 48
    [InlineData(RetryIn34Seconds, "34075", "RateLimited")]
    [InlineData("""[{"retryDelay":"900ms"}]""", "900", "RateLimited")]
    [InlineData("""[{"retryDelay":"51820.6s"}]""", "51820600", "QuotaSpent")]
    [InlineData("""[{"retryDelay":"400s"}]""", "400000", "QuotaSpent")]
    [InlineData("""[{"retryDelay":"soon"},7,null]""", null, "RateLimited")]
    [InlineData("\"none\"", null, "RateLimited")]
    public async Task A_rate_limit_tells_how_long_to_wait(string details, string? retryAfterMs, string facts)
    {
        Emulator.Script(LlmScript.Respond(429, GeminiError(429, "RESOURCE_EXHAUSTED", "Too many requests", details)));

        var answer = await Service.AskAsync(GeminiModel);

        Assert.Equal(StatusCode.ResourceExhausted, answer.Status.StatusCode);
        Assert.Equal(retryAfterMs, answer.RetryAfterMs);
        Assert.Equal(facts, answer.Facts);
    }

    [Fact]
    public async Task A_model_that_the_provider_does_not_have_comes_with_near_names()
    {
        Emulator.Script(LlmScript.Respond(404, GeminiError(404, "NOT_FOUND", "models/gemini-2.5-flash is not found")));

        Assert.Equal(
            ["gemini/gemini-3.5-flash", "gemini/gemini-3.6-flash", "gemini/gemini-3.7-flash"], (await Service.AskAsync(GeminiModel)).Failure?.Suggestions);
    }

    [Fact] // 48
    public async Task The_wait_may_hide_in_the_message()
    {
        Emulator.Script(LlmScript.Respond(429, GeminiError(429, "RESOURCE_EXHAUSTED", "You exceeded your quota. Please retry in 12.5s.")));

        Assert.Equal("12500", (await Service.AskAsync(GeminiModel)).RetryAfterMs);
    }

    [Fact]
    public async Task An_error_wrapped_in_an_array_is_understood()
    {
        Emulator.Script(LlmScript.Respond(400, $"[{GeminiError(400, "INVALID_ARGUMENT", "bad key", """[{"reason":"API_KEY_INVALID"}]""")}]"));

        Assert.Equal(StatusCode.Unauthenticated, (await Service.AskAsync(GeminiModel)).Status.StatusCode);
    }
}
