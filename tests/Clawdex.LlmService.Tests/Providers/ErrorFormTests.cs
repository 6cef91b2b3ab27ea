using Clawdex.Llm.V1;
using Clawdex.LlmEmulator;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.LlmService.Tests.Hosting;
using static Clawdex.LlmService.Tests.Hosting.Wires;

namespace Clawdex.LlmService.Tests.Providers;

/// <summary>Errors as real servers send them, each of a kind that no repetition cures: it is understood, and asked once.</summary>
public sealed class ErrorFormTests : ErrorTest
{
    private const string Role = """{"choices":[{"index":0,"delta":{"role":"assistant"}}]}""";

    public static TheoryData<string, string> InTheStream => new()
    {
        // vLLM, and gateways that send no member `error`.
        { """{"object":"error","message":"max_tokens must be at least 1","type":"BadRequestError","param":null,"code":400}""", "InvalidRequest: max_tokens must be at least 1" },
        { """{"choices":null,"error_type":"BadRequestError","error_message":"tool schema invalid"}""", "InvalidRequest: tool schema invalid" },
        { """{"object":"error","message":"Invalid model: nobody","type":"invalid_model","code":"1500"}""", "UnknownModel: Invalid model: nobody" },
        { """{"detail":[{"type":"missing","loc":["body"],"msg":"Field required"}]}""", "Stopped: Field required" },
        // Codes that are words.
        { """{"error":{"message":"quota exceeded","type":"insufficient_quota","code":"insufficient_quota"}}""", "QuotaSpent: quota exceeded" },
        { """{"error":{"message":"Context length exceeded","code":"CONTEXT_LENGTH_EXCEEDED"}}""", "ContextTooLong" },
        { """{"error":{"message":"Incorrect API key","type":"invalid_request_error","code":"invalid_api_key"}}""", "KeyRejected" },
        { """{"error":{"message":"Compute error."},"message":"Compute error."}""", "Stopped: Compute error." },
        { """{"error":{"message":"Tool choice is required","type":"invalid_request_error","code":"tool_use_failed","status_code":400}}""", "InvalidRequest: Tool choice is required" },
        { """{"type":"error","error":{"type":"not_found_error","message":"model: x"}}""", "UnknownModel: model: x" },
        { """{"error":{"code":"model_not_found","message":"no x here"}}""", "UnknownModel: no x here" },
        { """{"error":["Input validation failed"]}""", "Stopped: Input validation failed" },
        { """{"error":"{\"message\":\"nested in a text\",\"code\":422}"}""", "InvalidRequest: nested in a text" },
        // The finish reason beside the error says less than the error.
        { """{"error":{"code":400,"message":"No such voice"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}""", "InvalidRequest: No such voice" },
        { """{"choices":[{"index":0,"delta":{},"error":{"code":400,"message":"No such voice"},"finish_reason":"error"}]}""", "InvalidRequest: No such voice" },
        { """{"choices":[{"index":0,"delta":{},"error":"The model exploded","finish_reason":"error"}]}""", "Stopped: The model exploded" },
        { """{"error":{"message":"Model x not found","type":"invalid_request_error"}}""", "UnknownModel: Model x not found" },
    };

    [Theory]
    [MemberData(nameof(InTheStream))]
    public async Task An_error_inside_a_stream_is_read_in_any_form(string error, string facts)
    {
        Emulator.Script(LlmScript.Of(Event(Role), Event(error), Event("[DONE]")));

        await AssertFailsOnceAsync(facts);
    }

    [Theory]
    [MemberData(nameof(InTheStream))]
    public async Task The_same_error_as_a_whole_body_means_the_same(string error, string facts)
    {
        Emulator.Script(LlmScript.Respond(200, error));

        await AssertFailsOnceAsync(facts);
    }

    [Theory]
    [InlineData("error: {\"code\":400,\"message\":\"No such grammar\",\"type\":\"invalid_request_error\"}\n\n", "InvalidRequest: No such grammar")] // llama.cpp: a field of its own
    [InlineData("error: {\"code\":400,\"message\":\"the request exceeds the available context size. try increasing it\",\"type\":\"exceed_context_size_error\"}\n\n", "ContextTooLong")]
    [InlineData("error: the model has crashed\n\ndata: [DONE]\n\n", "Stopped: the model has crashed")]
    [InlineData("event: error\ndata: the model has crashed\n\n", "Stopped: the model has crashed")]
    [InlineData("event: error\ndata: {\"error\":{\"message\":\"Tool choice is required\",\"code\":\"tool_use_failed\",\"status_code\":400}}\n\n", "InvalidRequest: Tool choice is required")]
    [InlineData("The model has crashed.\nSorry.\n", "Stopped: The model has crashed. Sorry.")] // plain words in place of a stream
    public async Task A_stream_may_say_by_a_name_or_in_plain_words_that_it_failed(string stream, string facts)
    {
        Emulator.Script(LlmScript.Raw(stream));

        await AssertFailsOnceAsync(facts);
    }

    [Theory]
    [InlineData("data: {\"error\":\"The model has crashed\"}\n\n", "Stopped: The model has crashed")]
    [InlineData("data: {\"message\":\"Not today\",\"status\":\"INVALID_ARGUMENT\"}\n\n", "InvalidRequest: Not today")]
    [InlineData("data: {\"error\":{\"message\":\"API key not valid\",\"status\":\"UNAUTHENTICATED\"}}\n\n", "KeyRejected")]
    [InlineData("error: {\"code\":404,\"message\":\"model x is not found\"}\n\n", "UnknownModel: model x is not found")]
    public async Task On_Geminis_wire_errors_are_read_by_the_same_reader(string stream, string facts)
    {
        Emulator.Script(LlmScript.Raw(stream));

        await AssertFailsOnceAsync(facts, GeminiModel);
    }

    [Fact]
    public async Task An_error_field_after_some_text_keeps_the_text_and_the_words()
    {
        Emulator.Script(LlmScript.Of(OpenRouterChunk("Half"), new ScriptStep.Raw("error: {\"code\":500,\"message\":\"slot unavailable\"}\n\n"), Event("[DONE]")));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.Equal(("Half", FinishReason.Interrupted, "Overloaded: slot unavailable"), (answer.Text, answer.Finished?.FinishReason, answer.Facts));
    }

    [Theory]
    [InlineData(400, """{"error":{"code":400,"message":"request (9000 tokens) exceeds the available context size (8192 tokens), try increasing it","type":"exceed_context_size_error","n_ctx":8192}}""")]
    [InlineData(500, """{"error":{"code":500,"message":"Context size has been exceeded.","type":"server_error"}}""")] // llama.cpp
    [InlineData(400, """{"error":"The model is loaded with context length of only 4096 tokens, which is not enough"}""")] // LM Studio
    [InlineData(400, """{"error":"Trying to keep the first 1200 tokens when context the overflows. However, the model is loaded with less."}""")]
    [InlineData(400, """{"error":"The number of tokens to keep from the initial prompt is greater than the context length."}""")]
    [InlineData(400, """{"error":{"message":"Your messages are too large.","code":"context_length_exceeded"}}""")] // OpenAI
    [InlineData(400, """{"error":{"message":"Please reduce the length of the messages or completion.","code":"context_length_exceeded"}}""")] // Groq
    [InlineData(400, """{"error":{"message":"prompt too long; exceeded max context length by 200 tokens"}}""")] // Ollama
    [InlineData(400, """{"error":{"message":"The total length of all messages is too long.","type":"too_many_prompt_tokens"}}""")] // Perplexity
    [InlineData(400, """{"error":"This model's maximum prompt length is 1000 but the request contains 1200 tokens."}""")] // xAI
    [InlineData(400, """{"object":"error","message":"This model's maximum context length is 4096 tokens."}""")] // vLLM, before and after 0.10
    [InlineData(400, """{"error":{"message":"The prompt (total length 1200) is too long to fit into the model (context length 1000)."}}""")]
    [InlineData(400, """{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"[{\"error\":{\"message\":\"The input token count (1200) exceeds the maximum number of tokens allowed (1000).\"}}]"}}}""")]
    [InlineData(422, """{"error":"Input validation error: `inputs` must have less than 3072 tokens. Given: 5112"}""")] // Text Generation Inference
    [InlineData(400, """{"error":{"message":"`inputs` tokens + `max_new_tokens` must be <= 8193. Given: 9000 `inputs` tokens"}}""")]
    [InlineData(400, """{"error":{"message":"<400> InternalError.Algo.InvalidParameter: Range of input length should be [1, 30720]"}}""")] // Qwen
    [InlineData(400, """{"error":{"message":"Prompt exceeds max length"}}""")] // GLM
    [InlineData(400, """{"error":{"message":"The prompt token count of 130000 exceeds the limit of 64000."}}""")] // GitHub
    [InlineData(400, """{"error":{"message":"the number of input tokens 9000 cannot exceed the total tokens limit 8192"}}""")]
    [InlineData(400, """{"error":{"message":"Input length 9000 exceeds maximum length 8192"}}""")]
    [InlineData(400, """{"error":{"message":"Messages exceed the token limit"}}""")]
    [InlineData(400, """{"error":{"message":"context length exceeded"}}""")]
    [InlineData(400, """{"error":{"message":"The input (9000 tokens) is longer than the model's context length (8192 tokens)."}}""")]
    [InlineData(400, """{"error":{"message":"Please reduce your prompt; or completion length."}}""")]
    [InlineData(400, """{"error":{"message":"ValidationException: Input Tokens Exceeded: Number of input tokens exceeds maximum length"}}""")] // Bedrock
    [InlineData(402, """{"error":{"message":"Prompt tokens limit exceeded: 2000 > 1000. To increase, visit your settings","code":402}}""")]
    [InlineData(413, "<html><title>413 Request Entity Too Large</title></html>")]
    public async Task A_conversation_that_is_too_long_is_known_in_every_servers_words(int status, string body)
    {
        Emulator.Script(LlmScript.Respond(status, body), LlmScript.Raw($"data: {body}\n\n"));

        await AssertFailsOnceAsync("ContextTooLong");
        if (body[0] is '{' && status is not 402)
            Assert.Equal("ContextTooLong", (await Service.AskAsync(OpenRouterModel)).Facts);
    }

    [Theory]
    [InlineData("Input image exceeds the limit")]
    [InlineData("max_tokens exceeds the limit of 8192")]
    public async Task Another_limit_than_the_conversations_is_not_too_long(string words)
    {
        Emulator.Script(LlmScript.Respond(400, OpenRouterError(400, words)));

        Assert.Equal($"InvalidRequest: {words}", (await Service.AskAsync(OpenRouterModel)).Facts);
    }

    [Fact]
    public async Task A_rate_limit_that_counts_tokens_is_not_too_long()
    {
        Emulator.Script(LlmScript.Respond(429, """{"error":{"message":"Too many tokens per day, please wait."}}"""));

        await AssertFailsOnceAsync("QuotaSpent: Too many tokens per day, please wait.");
    }

    [Theory]
    [InlineData("\"image is larger than allowed\"")]
    [InlineData("\"{\\\"error\\\":\\\"image is larger than allowed\\\"}\"")]
    [InlineData("\"{\\\"detail\\\":\\\"image is larger than allowed\\\"}\"")]
    [InlineData("\"[{\\\"error\\\":{\\\"message\\\":\\\"image is larger than allowed\\\"}}]\"")]
    [InlineData("\"{\\\"message\\\":\\\"image is larger than allowed\\\",\\\"code\\\":1}\"")]
    [InlineData("""{"error":{"message":"image is larger than allowed"}}""")]
    [InlineData("""{"message":"image is larger than allowed","type":"invalid"}""")]
    [InlineData("""[{"error":{"message":"image is larger than allowed"}}]""")]
    public async Task The_words_of_the_provider_behind_are_found_in_any_shape(string raw)
    {
        Emulator.Script(LlmScript.Respond(400, OpenRouterError(400, "Provider returned error", $$"""{"raw":{{raw}},"provider_name":"P"}""")));

        await AssertFailsOnceAsync("InvalidRequest: image is larger than allowed");
    }

    [Theory]
    [InlineData(422, """{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","seed"],"msg":"Extra inputs are not permitted"}]},"type":"invalid_request_error"}""", "InvalidRequest: Extra inputs are not permitted")]
    [InlineData(422, """{"detail":"Extra inputs are not permitted"}""", "InvalidRequest: Extra inputs are not permitted")]
    [InlineData(400, """{"message":"Extra inputs are not permitted"}""", "InvalidRequest: Extra inputs are not permitted")]
    [InlineData(400, "Extra inputs are not permitted", "InvalidRequest: Extra inputs are not permitted")]
    [InlineData(400, "<400> Internal: top_p is wrong", "InvalidRequest: <400> Internal: top_p is wrong")]
    [InlineData(400, """{"error":{"message":"<400> Internal: top_p is wrong"}}""", "InvalidRequest: <400> Internal: top_p is wrong")]
    [InlineData(400, """{"error":{"message":"<p>top_p is wrong</p>"}}""", "InvalidRequest")]
    [InlineData(400, """{"error_code":336,"error_msg":"top_p is wrong"}""", "InvalidRequest: top_p is wrong")]
    [InlineData(400, """{"base_resp":{"status_code":2013,"status_msg":"top_p is wrong"}}""", "InvalidRequest: top_p is wrong")]
    [InlineData(400, """{"fault":{"faultstring":"top_p is wrong"}}""", "InvalidRequest: top_p is wrong")]
    [InlineData(400, """{"error":{"code":"Bad","innererror":{"message":"top_p is wrong"}}}""", "InvalidRequest: top_p is wrong")]
    [InlineData(400, """{"error":"invalid_request","error_description":"top_p is wrong"}""", "InvalidRequest: top_p is wrong")]
    [InlineData(400, """{"object":"error","message":"Invalid temperature","type":"invalid","code":"1500"}""", "InvalidRequest: Invalid temperature")]
    [InlineData(429, """{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}""", "QuotaSpent: You exceeded your current quota")]
    public async Task The_servers_words_are_kept_wherever_they_are(int status, string body, string facts)
    {
        Emulator.Script(LlmScript.Respond(status, body));

        await AssertFailsOnceAsync(facts);
    }

    [Theory]
    [InlineData(200, """{"error":"Unexpected endpoint or method. (POST /chat/completions)"}""", "Unexpected endpoint or method. (POST /chat/completions)")] // LM Studio
    [InlineData(404, "404 page not found", "404 page not found")] // Ollama
    [InlineData(404, """{"detail":"Not Found"}""", "Not Found")] // vLLM
    [InlineData(404, """{"error":{"message":"Invalid URL (POST /chat/completions)","type":"invalid_request_error"}}""", "Invalid URL (POST /chat/completions)")] // OpenAI
    [InlineData(405, """{"detail":"Method Not Allowed"}""", "Method Not Allowed")]
    [InlineData(404, "", "")]
    public async Task A_base_URL_without_its_path_is_told_from_a_model_that_is_missing(int status, string body, string says)
    {
        Emulator.Script(LlmScript.Respond(status, body));

        await AssertFailsOnceAsync(says.Length == 0 ? "WrongAddress" : $"WrongAddress: {says}");
    }

    [Fact]
    public async Task A_model_that_a_local_server_has_not_pulled_is_a_model_that_is_missing()
    {
        Emulator.Script(LlmScript.Respond(404, """{"error":{"message":"model \"llama9\" not found, try pulling it first","type":"api_error"}}"""));

        await AssertFailsOnceAsync("UnknownModel: model \"llama9\" not found, try pulling it first");
    }

    [Theory]
    [InlineData(403)]
    [InlineData(401)]
    [InlineData(503)]
    [InlineData(400)]
    [InlineData(404)]
    [InlineData(200)]
    public async Task A_web_page_is_told_apart_at_any_status(int status)
    {
        const string Page = "\n<!DOCTYPE html><title>Just a moment...</title>";
        foreach (var (model, wire) in ((string, LlmWire)[])[(OpenRouterModel, LlmWire.OpenRouter), (GeminiModel, LlmWire.Gemini)])
        {
            Emulator.Script(LlmScript.Respond(status, Page, ("Content-Type", "text/html")).On(wire));

            Assert.Equal("WebPage: Just a moment...", (await Service.AskAsync(model)).Facts);
        }

        Assert.Equal(2, Emulator.Chats.Count);
    }

    [Fact]
    public async Task The_keys_that_a_server_quotes_are_never_shown_and_long_words_are_cut()
    {
        Emulator.Script(LlmScript.Respond(400, $"Key {TestKeys.OpenRouter} and sk-or-v1-abc are wrong. {new string('x', 5000)}"));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.StartsWith("InvalidRequest: Key [key] and [key] are wrong. xxx", answer.Facts, StringComparison.Ordinal);
        Assert.InRange(answer.Failure?.ProviderSays.Length ?? 0, 200, 241);
    }
}
