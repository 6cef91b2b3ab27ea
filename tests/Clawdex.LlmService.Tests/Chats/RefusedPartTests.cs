using Clawdex.LlmEmulator;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.LlmService.Tests.Hosting;

namespace Clawdex.LlmService.Tests.Chats;

/// <summary>What a server refuses of a request, and an answer can do without, is left out.</summary>
public sealed class RefusedPartTests : ServiceTest
{
    [Theory]
    [InlineData(422, """{"object":"error","message":{"detail":[{"type":"extra_forbidden","loc":["body","stream_options","include_usage"],"msg":"Extra inputs are not permitted"}]},"type":"invalid_request_error"}""")]
    [InlineData(400, """{"error":{"message":"Unrecognized request argument supplied: stream_options"}}""")]
    [InlineData(500, "unknown field: stream_options")]
    public async Task A_server_that_refuses_stream_options_is_asked_without_them_from_then_on(int status, string body)
    {
        Emulator.Script(LlmScript.Respond(status, body), LlmScript.Reply("Hi"), LlmScript.Reply("Again"));

        Assert.Equal("Hi", (await Service.AskAsync(OpenRouterModel)).Text);
        Assert.Equal("Again", (await Service.AskAsync(OpenRouterModel)).Text);

        Assert.Equal([true, false, false], Emulator.Chats.Select(chat => chat.Body.TryGetProperty("stream_options", out _)));
    }

    [Theory]
    [InlineData(OpenRouterModel, 400, """{"error":{"message":"System role not supported"}}""")]
    [InlineData(OpenRouterModel, 500, """{"error":{"message":"Jinja Exception: Conversation roles must alternate user/assistant/user/assistant/..."}}""")]
    [InlineData(OpenRouterModel, 400, """{"error":{"message":"Unsupported value: 'messages[0].role' does not support 'system' with this model."}}""")]
    [InlineData(OpenRouterModel, 400, """{"error":{"message":"Provider returned error","metadata":{"raw":"{\"error\":{\"message\":\"Developer instruction is not enabled for models/gemma-3-27b-it\"}}"}}}""")]
    [InlineData(OpenRouterModel, 400, """{"error":"Error rendering prompt with jinja template: \"Only user and assistant roles are supported!\"."}""")] // LM Studio
    [InlineData(OpenRouterModel, 500, """{"error":{"code":500,"message":"Value is not callable: Only user, assistant and tool roles are supported, got system at row 1","type":"server_error"}}""")] // llama.cpp
    [InlineData(OpenRouterModel, 400, """{"error":{"message":"The model does not support the `system` role."}}""")]
    [InlineData(OpenRouterModel, 400, """{"error":{"message":"role 'system' is not allowed","type":"invalid_request_error"}}""")]
    [InlineData(OpenRouterModel, 400, """{"error":{"message":"Role 'system' unsupported by this model"}}""")]
    [InlineData(OpenRouterModel, 400, """{"error":{"message":"Unsupported role: system"}}""")]
    [InlineData(OpenRouterModel, 400, """{"message":"invalid message role: system"}""")]
    [InlineData(OpenRouterModel, 400, """{"message":"invalid role in messages: system"}""")]
    [InlineData(OpenRouterModel, 400, """{"error":"Error rendering prompt with jinja template: \"System message must be at the beginning.\""}""")]
    [InlineData(OpenRouterModel, 400, """{"type":"error","error":{"type":"invalid_request_error","message":"messages: Unexpected role \"system\". The Messages API accepts a top-level `system` parameter."}}""")]
    [InlineData(OpenRouterModel, 400, """{"object":"error","message":"[{'type': 'literal_error', 'loc': ('body', 'messages', 0, 'role'), 'msg': \"Input should be 'user' or 'assistant'\", 'input': 'system'}]","code":400}""")] // vLLM
    [InlineData(OpenRouterModel, 422, """{"detail":[{"type":"literal_error","loc":["body","messages",0,"role"],"msg":"Input should be 'user' or 'assistant'","input":"system"}]}""")]
    [InlineData(GeminiModel, 400, """{"error":{"code":400,"message":"Developer instruction is not enabled for models/gemma-3-27b-it","status":"INVALID_ARGUMENT"}}""")]
    public async Task A_model_without_a_system_prompt_is_told_by_the_user(string model, int status, string body)
    {
        var wire = model == GeminiModel ? LlmWire.Gemini : LlmWire.OpenRouter;
        Emulator.Script(LlmScript.Respond(status, body).On(wire), LlmScript.Reply("Arr").On(wire), LlmScript.Reply("Arr again").On(wire));
        var question = AnswerReading.Question(model, "Hello");
        question.SystemPrompt = "You are a pirate.";

        Assert.Equal("Arr", (await Service.AskAsync(question)).Text);
        Assert.Equal("Arr again", (await Service.AskAsync(question)).Text);

        Assert.Equal(
            ["You are a pirate.|Hello", "|You are a pirate.\n\nHello", "|You are a pirate.\n\nHello"],
            Emulator.Chats.Select(chat => $"{chat.SystemPrompt}|{Assert.Single(chat.Messages).Content}"));
    }

    [Theory]
    [InlineData("Your operating system is not supported")]
    [InlineData("tools are not supported")]
    [InlineData("Unknown role in the file system")]
    [InlineData("This request was rejected by our safety system")]
    public async Task Another_refusal_says_nothing_about_the_system_prompt(string words)
    {
        Emulator.Script(LlmScript.Respond(400, $$$"""{"error":{"message":"{{{words}}}"}}"""));
        var question = AnswerReading.Question(OpenRouterModel, "Hello");
        question.SystemPrompt = "You are a pirate.";

        Assert.Equal($"InvalidRequest: {words}", (await Service.AskAsync(question)).Facts);
        Assert.Single(Emulator.Chats);
    }

    [Fact]
    public async Task A_server_that_refuses_the_same_again_is_asked_no_third_time()
    {
        Emulator.Script(LlmScript.Respond(400, """{"error":"no stream_options, and no stream either"}""") with { Times = 5 });

        Assert.Equal("InvalidRequest: no stream_options, and no stream either", (await Service.AskAsync(OpenRouterModel)).Facts);
        Assert.Equal(2, Emulator.Chats.Count);
    }
}
