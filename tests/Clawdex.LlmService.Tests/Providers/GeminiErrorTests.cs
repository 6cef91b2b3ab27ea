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
            "The key for Gemini was rejected: check gemini:apiKey."
        },
        { 401, "", "Unauthenticated", "The key for Gemini was rejected: check gemini:apiKey." },
        {
            403,
            GeminiError(403, "PERMISSION_DENIED", "Your API key was reported as leaked."),
            "Unauthenticated",
            "Gemini does not let this key use the model: check gemini:apiKey. It says: Your API key was reported as leaked."
        },
        {
            404,
            GeminiError(404, "NOT_FOUND", "models/gemini-2.5-flash is not found"),
            "NotFound",
            "Gemini has no model 'gemini-2.5-flash': choose another one with /model. It says: models/gemini-2.5-flash is not found"
                + " Near names: gemini/gemini-3.5-flash, gemini/gemini-3.6-flash, gemini/gemini-3.7-flash."
        },
        {
            400,
            GeminiError(400, "FAILED_PRECONDITION", "User location is not supported for the API use."),
            "FailedPrecondition",
            "Gemini cannot be used with this account or from this place. It says: User location is not supported for the API use."
        },
        {
            402,
            GeminiError(402, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."),
            "FailedPrecondition",
            "The account at Gemini has no credit left: add some, or choose another model with /model."
        },
        {
            400,
            GeminiError(400, "INVALID_ARGUMENT", "The input token count (1200000) exceeds the maximum number of tokens allowed (1048576)."),
            "OutOfRange",
            "The conversation is too long for gemini-2.5-flash: use /compact or /reset."
        },
        {
            400, // 52
            GeminiError(400, "INVALID_ARGUMENT", "thinkingLevel MINIMAL is not supported by this model."),
            "InvalidArgument",
            "Gemini did not accept the request. It says: thinkingLevel MINIMAL is not supported by this model."
        },
        {
            429,
            GeminiError(429, "RESOURCE_EXHAUSTED", "Quota exceeded", """[{"violations":[{"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}]"""),
            "ResourceExhausted",
            "The quota at Gemini is used up: try again later, or choose another model with /model."
        },
        {
            429,
            GeminiError(429, "RESOURCE_EXHAUSTED", "Quota exceeded for metric: free_tier_requests, limit: 0"),
            "ResourceExhausted",
            "This account has no quota for the model at Gemini: choose another one with /model."
        },
        { 499, GeminiError(499, "CANCELLED", "The operation was cancelled."), "InvalidArgument", "Gemini did not accept the request. It says: The operation was cancelled." },
        { 400, "<html>Bad Request</html>", "InvalidArgument", "Gemini did not accept the request." },
        { 400, "", "InvalidArgument", "Gemini did not accept the request." },
    };

    [Theory]
    [MemberData(nameof(FinalErrors))]
    public async Task An_error_that_no_repetition_cures_is_said_once(int status, string body, string code, string message)
    {
        Emulator.Script(LlmScript.Respond(status, body));

        var answer = await Service.AskAsync(GeminiModel);

        Assert.Equal(message, answer.Status.Detail);
        Assert.Equal(code, answer.Status.StatusCode.ToString());
        Assert.Null(answer.Finished);
        Assert.Single(answer.Started);
        Assert.Single(Emulator.Chats);
    }

    [Theory] // 48
    [InlineData(RetryIn34Seconds, "34075", "in 35 s")]
    [InlineData("""[{"retryDelay":"900ms"}]""", "900", "in 1 s")]
    [InlineData("""[{"retryDelay":"51820.6s"}]""", "51820600", "in 15 h")]
    [InlineData("""[{"retryDelay":"400s"}]""", "400000", "in 7 min")]
    [InlineData("""[{"retryDelay":"soon"},7,null]""", null, "later")]
    [InlineData("\"none\"", null, "later")]
    public async Task A_rate_limit_tells_how_long_to_wait(string details, string? retryAfterMs, string when)
    {
        Emulator.Script(LlmScript.Respond(429, GeminiError(429, "RESOURCE_EXHAUSTED", "Too many requests", details)));

        var answer = await Service.AskAsync(GeminiModel);

        Assert.Equal(StatusCode.ResourceExhausted, answer.Status.StatusCode);
        Assert.Equal(retryAfterMs, answer.RetryAfterMs);
        Assert.Contains($"try again {when}", answer.Status.Detail, StringComparison.Ordinal);
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
