using Clawdex.Llm.V1;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.LlmService.Tests.Hosting;
using Grpc.Core;
using static Clawdex.LlmService.Tests.Hosting.Wires;

namespace Clawdex.LlmService.Tests.Providers;

/// <summary>Case 58: what OpenRouter's HTTP errors mean.</summary>
public sealed class OpenRouterErrorTests : ServiceTest
{
    public static TheoryData<int, string, string, string> Errors => new()
    {
        { 400, OpenRouterError(400, "Invalid temperature"), "InvalidArgument", "InvalidRequest: Invalid temperature" },
        { 401, OpenRouterError(401, "Missing Authentication header"), "Unauthenticated", "KeyRejected" },
        { 402, OpenRouterError(402, "Insufficient credits"), "FailedPrecondition", "NoCredit: Insufficient credits" },
        { 403, OpenRouterError(403, "Key limit exceeded", """{"limit_source":"key"}"""), "Unauthenticated", "KeyForbidden: Key limit exceeded" },
        { 404, OpenRouterError(404, "No endpoints found for openai/gpt-4o."), "NotFound", "UnknownModel: No endpoints found for openai/gpt-4o." },
        { 400, OpenRouterError(400, "x/y is not a valid model ID"), "NotFound", "UnknownModel: x/y is not a valid model ID" },
        { 400, OpenRouterError(400, "Model Not Exist"), "NotFound", "UnknownModel: Model Not Exist" },
        { 400, OpenRouterError(400, "The model `x` does not exist."), "NotFound", "UnknownModel: The model `x` does not exist." },
        { 400, OpenRouterError(400, "Invalid model: x"), "NotFound", "UnknownModel: Invalid model: x" },
        { 400, OpenRouterError(400, "No such model"), "NotFound", "UnknownModel: No such model" },
        { 422, OpenRouterError(422, "model 'x/y:free' was not found"), "NotFound", "UnknownModel: model 'x/y:free' was not found" },
        { 400, OpenRouterError(400, "Invalid model parameter: seed"), "InvalidArgument", "InvalidRequest: Invalid model parameter: seed" },
        { 400, OpenRouterError(400, "The image for the model was not found"), "InvalidArgument", "InvalidRequest: The image for the model was not found" },
        { 413, OpenRouterError(413, "Payload too large"), "OutOfRange", "ContextTooLong" },
        { 400, OpenRouterError(400, "This endpoint's maximum context length is 128000 tokens."), "OutOfRange", "ContextTooLong" },
        { 400, OpenRouterError(400, "Provider returned error", """{"error_type":"context_length_exceeded"}"""), "OutOfRange", "ContextTooLong" },
        { 422, OpenRouterError(422, "Unprocessable"), "InvalidArgument", "InvalidRequest: Unprocessable" },
        { 400, OpenRouterError(400, "Provider returned error", """{"raw":"{\"error\":{\"message\":\"top_p is out of range\"}}","provider_name":"X"}"""), "InvalidArgument", "InvalidRequest: top_p is out of range" },
        { 429, OpenRouterError(429, "Rate limit exceeded"), "ResourceExhausted", "RateLimited: Rate limit exceeded" },
        { 500, "", "Unavailable", "Overloaded" },
        { 502, "<html><h1>Bad gateway</h1></html>", "Unavailable", "Overloaded" },
        { 524, "<!DOCTYPE html>", "Unavailable", "TimedOut" },
        { 529, "overloaded", "Unavailable", "Overloaded: overloaded" },
        { 408, OpenRouterError(408, "timeout"), "Unavailable", "TimedOut: timeout" },
    };

    [Theory]
    [MemberData(nameof(Errors))]
    public async Task An_error_becomes_a_status_and_facts(int status, string body, string code, string facts)
    {
        Emulator.Script(LlmScript.Respond(status, body));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.Equal(facts, answer.Facts);
        Assert.Equal(("openrouter", "openai/gpt-4o"), (answer.Failure?.Provider, answer.Failure?.ModelId));
        Assert.Equal(code, answer.Status.StatusCode.ToString());
    }

    [Fact]
    public async Task Credit_that_is_only_reserved_for_a_moment_is_a_rate_limit()
    {
        Emulator.Script(LlmScript.Respond(
            402, OpenRouterError(402, "In-flight budget", """{"limit_source":"openrouter_in_flight_budget"}"""), ("Retry-After", "3")));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.Equal((StatusCode.ResourceExhausted, "3000"), (answer.Status.StatusCode, answer.RetryAfterMs));
    }

    [Fact]
    public async Task Moderation_is_a_refusal_and_no_error()
    {
        Emulator.Script(LlmScript.Respond(
            403, OpenRouterError(403, "Your input was flagged", """{"reasons":["violence"],"flagged_input":"…","provider_name":"OpenAI"}""")));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.Equal(FinishReason.ContentFilter, answer.Finished?.FinishReason);
        Assert.Equal("Refused: Your input was flagged", answer.Facts);
    }

    [Theory]
    [InlineData("1700000030", "Tue, 14 Nov 2023 22:13:20 GMT", "30000")]
    [InlineData("1700000030000", "Tue, 14 Nov 2023 22:13:20 GMT", "30000")]
    [InlineData("30", "Tue, 14 Nov 2023 22:13:20 GMT", "30000")]
    [InlineData("1600000000", "Tue, 14 Nov 2023 22:13:20 GMT", null)]
    [InlineData("soon", "Tue, 14 Nov 2023 22:13:20 GMT", null)]
    public async Task The_reset_of_a_free_limit_is_read_in_any_unit(string reset, string date, string? retryAfterMs)
    {
        Emulator.Script(LlmScript.Respond(
            429, OpenRouterError(429, "Rate limit exceeded: free-models-per-min"), ("X-RateLimit-Limit", "20"), ("X-RateLimit-Reset", reset), ("Date", date)));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.Equal((StatusCode.ResourceExhausted, retryAfterMs), (answer.Status.StatusCode, answer.RetryAfterMs));
    }

    [Theory]
    [InlineData("Please try again in 1m26.4s.", "86400")]
    [InlineData("Please try again in 6m0s.", "360000")]
    [InlineData("try again in 7.66s", "7660")]
    [InlineData("try again in 250ms", "250")]
    [InlineData("Try again in 20 seconds", "20000")]
    [InlineData("Please retry after 20 seconds", "20000")]
    [InlineData("Try again in 5 minutes.", "300000")]
    [InlineData("Retry after 1h2m3s", "3723000")]
    [InlineData("please wait 30 seconds", "30000")]
    [InlineData("please try again in a moment, 3 months at most", null)]
    [InlineData("try again in 99999999999999999999s", null)]
    public async Task The_wait_is_read_in_any_words(string words, string? retryAfterMs)
    {
        Emulator.Script(LlmScript.Respond(429, OpenRouterError(429, $"Rate limit reached. {words}")));

        Assert.Equal(retryAfterMs, (await Service.AskAsync(OpenRouterModel)).RetryAfterMs);
    }

    [Fact]
    public async Task A_reset_inside_the_error_counts_too()
    {
        Emulator.Script(LlmScript.Respond(
            429,
            OpenRouterError(429, "Rate limit exceeded", """{"headers":{"X-RateLimit-Reset":"1700000005000"}}"""),
            ("Date", "Tue, 14 Nov 2023 22:13:20 GMT")));

        Assert.Equal("5000", (await Service.AskAsync(OpenRouterModel)).RetryAfterMs);
    }

    [Fact]
    public async Task Retry_After_may_be_a_date()
    {
        Emulator.Script(LlmScript.Respond(
            503, "", ("Retry-After", "Tue, 14 Nov 2023 22:13:27 GMT"), ("Date", "Tue, 14 Nov 2023 22:13:20 GMT")));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.Equal((StatusCode.Unavailable, "7000"), (answer.Status.StatusCode, answer.RetryAfterMs));
    }
}
