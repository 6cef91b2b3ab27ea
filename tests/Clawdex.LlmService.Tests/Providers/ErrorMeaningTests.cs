using Clawdex.LlmEmulator.Scripts;

namespace Clawdex.LlmService.Tests.Providers;

/// <summary>What errors mean that say so in words only, in those of many servers; none of these is asked twice.</summary>
public sealed class ErrorMeaningTests : ErrorTest
{
    [Theory]
    [InlineData("""{"error":{"code":404,"message":"File Not Found","type":"not_found_error"}}""", "File Not Found")] // llama.cpp
    [InlineData("404: Not Found", "404: Not Found")]
    [InlineData("404 Not Found", "404 Not Found")]
    [InlineData("Not Found: /chat/completions", "Not Found: /chat/completions")]
    [InlineData("""{"message":"Route POST:/chat/completions not found","error":"Not Found","statusCode":404}""", "Route POST:/chat/completions not found")] // Fastify
    [InlineData("""{"message":"Route POST:/models/gemini-2.5-flash:streamGenerateContent?alt=sse not found"}""", "Route POST:/models/gemini-2.5-flash:streamGenerateContent?alt=sse not found")]
    [InlineData("""{"message":"The requested URL was not found on the server. If you entered it manually please check your spelling."}""", "The requested URL was not found on the server. If you entered it manually please check your spelling.")] // Flask
    [InlineData("""{"code":404,"msg":"No static resource chat/completions."}""", "No static resource chat/completions.")] // Spring
    [InlineData("""{"error":"Endpoint not found"}""", "Endpoint not found")]
    [InlineData("""{"error":"path not found"}""", "path not found")]
    [InlineData("""{"error":{"message":"URL not found"}}""", "URL not found")]
    [InlineData("""{"error":"no such endpoint"}""", "no such endpoint")]
    [InlineData("""{"error":{"message":"The requested endpoint does not exist"}}""", "The requested endpoint does not exist")]
    public async Task A_path_that_a_server_does_not_have_is_a_wrong_address(string body, string says)
    {
        Emulator.Script(LlmScript.Respond(404, body));

        await AssertFailsOnceAsync($"WrongAddress: {says}");
    }

    [Theory]
    [InlineData("No endpoints found matching your data policy")] // OpenRouter
    [InlineData("Requested entity was not found.")] // Gemini
    [InlineData("Model not found, inaccessible, and/or not deployed")] // Fireworks
    [InlineData("Not found the model kimi or Permission denied")] // Moonshot
    [InlineData("The model or endpoint x does not exist or you do not have access to it.")] // Ark
    [InlineData("The API deployment for this resource does not exist.")] // Azure
    public async Task A_model_that_is_missing_is_no_wrong_address(string words)
    {
        Emulator.Script(LlmScript.Respond(404, $$$"""{"error":{"message":"{{{words}}}"}}"""));

        await AssertFailsOnceAsync($"UnknownModel: {words}");
    }

    [Theory]
    [InlineData(429, """{"error":{"message":"Your account is suspended due to insufficient balance, please recharge","type":"exceeded_current_quota_error"}}""", "Your account is suspended due to insufficient balance, please recharge")] // Moonshot
    [InlineData(403, """{"error":{"message":"The organization exceeded current quota","type":"exceeded_current_quota_error"}}""", "The organization exceeded current quota")]
    [InlineData(429, """{"code":"The caller does not have permission","error":"Your team has used all available credits or reached its monthly spending limit."}""", "Your team has used all available credits or reached its monthly spending limit.")] // xAI
    [InlineData(429, """{"error":{"code":"1113","message":"Insufficient balance or no resource package. Please recharge."}}""", "Insufficient balance or no resource package. Please recharge.")] // Zhipu
    [InlineData(429, """{"error":{"code":429,"message":"Your prepayment credits are depleted.","status":"RESOURCE_EXHAUSTED"}}""", "Your prepayment credits are depleted.")] // Gemini
    [InlineData(429, """{"error":{"code":429,"message":"Your project has exceeded its monthly spending cap.","status":"RESOURCE_EXHAUSTED"}}""", "Your project has exceeded its monthly spending cap.")]
    [InlineData(400, """{"type":"error","error":{"type":"invalid_request_error","message":"Your credit balance is too low to access the API."}}""", "Your credit balance is too low to access the API.")] // Anthropic
    public async Task Money_that_is_spent_is_not_asked_for_again(int status, string body, string says)
    {
        Emulator.Script(LlmScript.Respond(status, body));

        await AssertFailsOnceAsync($"QuotaSpent: {says}");
    }

    [Theory]
    [InlineData("""{"error":"model 'llama9' not found, try pulling it first"}""")]
    [InlineData("""{"error":{"message":"model 'llama9' not found, try pulling it first","type":"api_error","param":null,"code":null}}""")]
    [InlineData("""{"error":{"message":"model 'llama9' not found, try pulling it first","code":500}}""")]
    public async Task A_model_that_Ollama_has_not_pulled_is_missing_inside_a_stream_too(string error)
    {
        Emulator.Script(LlmScript.Of(new ScriptStep.Data(error), new ScriptStep.Data("[DONE]")));

        await AssertFailsOnceAsync("UnknownModel: model 'llama9' not found, try pulling it first");
    }

    [Theory]
    [InlineData("""{"code":"Client specified an invalid argument","error":"Incorrect API key provided: sk***ef."}""")] // xAI
    [InlineData("""{"error":{"code":400,"message":"API key not valid. Please pass a valid API key.","status":"INVALID_ARGUMENT"}}""")] // Gemini
    [InlineData("""{"error":{"message":"invalid x-api-key"}}""")]
    [InlineData("""{"error":{"message":"The API key is expired"}}""")]
    public async Task A_wrong_key_is_known_by_words_alone(string body)
    {
        Emulator.Script(LlmScript.Respond(400, body));

        await AssertFailsOnceAsync("KeyRejected");
    }

    [Theory]
    [InlineData("Reached context length of 4096 tokens with model (arch: qwen3) that does not currently support overflow.")] // LM Studio
    [InlineData("Prompt length (9000) exceeds model context length (8192)")] // MLX
    [InlineData("Prompt length 9000 is greater than max_seq_len 8192")] // TabbyAPI
    [InlineData("length of prompt_tokens (40000) must be less than max_seq_len (32768).")] // SiliconFlow
    [InlineData("The input prompt token length 9000 exceeds session_len 8192")] // LMDeploy
    public async Task A_conversation_that_is_too_long_is_known_in_further_words(string words)
    {
        Emulator.Script(LlmScript.Respond(400, $$$"""{"error":{"message":"{{{words}}}"}}"""));

        await AssertFailsOnceAsync("ContextTooLong");
    }
}
