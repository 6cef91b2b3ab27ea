using Clawdex.LlmEmulator;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.LlmService.Tests.Hosting;
using static Clawdex.LlmService.Tests.Hosting.Wires;

namespace Clawdex.LlmService.Tests.Chats;

/// <summary>What an answer may cost, and what attempts cost that gave none.</summary>
public sealed class OutputLimitTests : ServiceTest
{
    protected override IEnumerable<(string Key, string Value)> Settings =>
    [
        ("llm:retryAttempts", "0"),
        ("llm:fallbackModels:0", GeminiModel),
    ];

    [Fact]
    public async Task Both_providers_are_told_how_many_tokens_an_answer_may_have()
    {
        Emulator.Script(LlmScript.Reply("Hi").On(LlmWire.Gemini), LlmScript.Reply("Hi").On(LlmWire.OpenRouter));

        await AskAsync(GeminiModel, 8192);
        await AskAsync(OpenRouterModel, 8192);

        Assert.Equal(8192, Emulator.Chats[0].Body.GetProperty("generationConfig").GetProperty("maxOutputTokens").GetInt32());
        Assert.Equal(8192, Emulator.Chats[1].Body.GetProperty("max_tokens").GetInt32());
    }

    [Fact]
    public async Task Without_a_limit_none_is_sent()
    {
        await AskAsync(GeminiModel, 0);
        await AskAsync(OpenRouterModel, 0);

        Assert.False(Emulator.Chats[0].Body.TryGetProperty("generationConfig", out _));
        Assert.False(Emulator.Chats[1].Body.TryGetProperty("max_tokens", out _));
    }

    [Theory]
    [InlineData(400, """{"error":{"message":"Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.","type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter"}}""")]
    [InlineData(400, """{"error":{"message":"max_tokens is too large: 8192. This model supports at most 4096 completion tokens, whereas you provided 8192.","type":"invalid_request_error"}}""")]
    [InlineData(400, """{"object":"error","message":"'max_tokens' or 'max_completion_tokens' is too large: 8192. This model's maximum context length is 4096 tokens and your request has 108 input tokens (8192 > 4096 - 108).","type":"BadRequestError","code":400}""")]
    public async Task A_server_that_does_not_take_the_limit_is_asked_without_from_then_on(int status, string body)
    {
        Emulator.Script(LlmScript.Respond(status, body), LlmScript.Reply("Hi"), LlmScript.Reply("Again"));

        Assert.Equal("Hi", (await AskAsync(OpenRouterModel, 8192)).Text);
        Assert.Equal("Again", (await AskAsync(OpenRouterModel, 8192)).Text);

        Assert.Equal([true, false, false], Emulator.Chats.Select(chat => chat.Body.TryGetProperty("max_tokens", out _)));
    }

    [Fact]
    public async Task Who_cannot_pay_for_the_limit_is_not_asked_without()
    {
        Emulator.Script(
            LlmScript.Respond(402, """{"error":{"code":402,"message":"This request requires more credits, or fewer max_tokens. You requested up to 8192 tokens, but can only afford 400."}}""").On(LlmWire.OpenRouter),
            LlmScript.Respond(402, "").On(LlmWire.Gemini));

        Assert.StartsWith("NoCredit", (await AskAsync(OpenRouterModel, 8192)).Facts, StringComparison.Ordinal);
        Assert.Equal(2, Emulator.Chats.Count);
    }

    [Fact]
    public async Task What_an_attempt_cost_that_gave_no_answer_is_told_with_the_answer_of_the_next_model()
    {
        Emulator.Script(
            LlmScript.Of(Event("""{"choices":[],"usage":{"prompt_tokens":30,"completion_tokens":4}}"""), Event("""{"error":{"code":502,"message":"gone"}}""")).On(LlmWire.OpenRouter),
            LlmScript.Reply("Hi").On(LlmWire.Gemini));

        var finished = (await AskAsync(OpenRouterModel, 100)).Finished;

        Assert.Equal((30, 4), (finished?.FailedUsage.PromptTokens, finished?.FailedUsage.CompletionTokens));
        Assert.NotNull(finished?.Usage);
    }

    [Fact]
    public async Task When_no_model_answers_the_failure_tells_what_all_of_them_cost()
    {
        Emulator.Script(
            LlmScript.Of(Event("""{"choices":[],"usage":{"prompt_tokens":30,"completion_tokens":4}}"""), Event("""{"error":{"code":502,"message":"gone"}}""")).On(LlmWire.OpenRouter),
            LlmScript.Of(Event("""{"usageMetadata":{"promptTokenCount":20,"thoughtsTokenCount":5}}"""), Event("""{"error":{"code":503,"message":"gone"}}""")).On(LlmWire.Gemini));

        var failure = (await AskAsync(OpenRouterModel, 100)).Failure;

        Assert.Equal((50, 9), (failure?.Usage.PromptTokens, failure?.Usage.CompletionTokens));
    }

    [Fact]
    public async Task An_answer_that_broke_off_tells_what_was_counted_until_then()
    {
        Emulator.Script(LlmScript.Of(
            Event("""{"choices":[{"index":0,"delta":{"content":"Half"}}],"usage":{"prompt_tokens":30,"completion_tokens":1}}"""),
            Event("""{"error":{"code":502,"message":"gone"}}""")));

        var finished = (await AskAsync(OpenRouterModel, 100)).Finished;

        Assert.Equal((30, 1), (finished?.Usage.PromptTokens, finished?.Usage.CompletionTokens));
    }

    private Task<Answer> AskAsync(string model, int maxOutputTokens)
    {
        var question = AnswerReading.Question(model, "Hello");
        question.MaxOutputTokens = maxOutputTokens;
        return Service.AskAsync(question);
    }
}
