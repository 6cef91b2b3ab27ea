using Clawdex.LlmEmulator.Scripts;
using Clawdex.LlmService.Tests.Hosting;
using Grpc.Core;
using static Clawdex.LlmService.Tests.Hosting.Wires;

namespace Clawdex.LlmService.Tests.Providers;

/// <summary>Cases 47 and 52: what Gemini's HTTP errors mean, and which of them are final.</summary>
public sealed class GeminiErrorTests : ServiceTest
{
    /// <summary>Retries are on: a final error must not use them.</summary>
    protected override IEnumerable<(string Key, string Value)> Settings => [("llm:retryAttempts", "3")];

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
            "NoCredit: Your prepayment credits are depleted."
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
            "QuotaSpent: Quota exceeded"
        },
        {
            429,
            GeminiError(429, "RESOURCE_EXHAUSTED", "Quota exceeded for metric: free_tier_requests, limit: 0"),
            "ResourceExhausted",
            "NoQuota: Quota exceeded for metric: free_tier_requests, limit: 0"
        },
        { 499, GeminiError(499, "CANCELLED", "The operation was cancelled."), "InvalidArgument", "InvalidRequest: The operation was cancelled." },
        { 400, "<html>Bad Request</html>", "Unavailable", "WebPage" },
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

    [Fact]
    public async Task A_model_that_the_provider_does_not_have_comes_with_near_names()
    {
        Emulator.Script(LlmScript.Respond(404, GeminiError(404, "NOT_FOUND", "models/gemini-2.5-flash is not found")));

        Assert.Equal(
            ["gemini/gemini-3.5-flash", "gemini/gemini-3.6-flash", "gemini/gemini-3.7-flash"], (await Service.AskAsync(GeminiModel)).Failure?.Suggestions);
    }

    [Fact]
    public async Task An_error_wrapped_in_an_array_is_understood()
    {
        Emulator.Script(LlmScript.Respond(400, $"[{GeminiError(400, "INVALID_ARGUMENT", "bad key", """[{"reason":"API_KEY_INVALID"}]""")}]"));

        Assert.Equal(StatusCode.Unauthenticated, (await Service.AskAsync(GeminiModel)).Status.StatusCode);
    }
}
