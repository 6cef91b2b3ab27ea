using Clawdex.Llm.V1;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.LlmService.Tests.Hosting;
using static Clawdex.LlmService.Tests.Hosting.Wires;

namespace Clawdex.LlmService.Tests.Providers;

/// <summary>Errors that look like something else: like JSON, like a stream, like an answer in good order.</summary>
public sealed class HiddenErrorTests : ServiceTest
{
    /// <summary>Retries are on: errors that no repetition cures must not use them.</summary>
    protected override IEnumerable<(string Key, string Value)> Settings => [("llm:retryAttempts", "3")];

    [Theory]
    [InlineData("""{"object":"error","message":"[{'type': 'missing', 'loc': ('body', 'seed'), 'msg': 'Field required'}]","code":400}""", "[{'type': 'missing', 'loc': ('body', 'seed'), 'msg': 'Field required'}]")] // vLLM
    [InlineData("""{"error":{"message":"{'error': 'seed must be an integer'}","code":"400"}}""", "{'error': 'seed must be an integer'}")] // LiteLLM
    [InlineData("""{"error":{"message":"[GoogleGenerativeAI Error]: seed must be an integer"}}""", "[GoogleGenerativeAI Error]: seed must be an integer")]
    [InlineData("""{"error":{"message":"{seed} must be an integer"}}""", "{seed} must be an integer")]
    [InlineData("[Error] seed must be an integer", "[Error] seed must be an integer")]
    public async Task Words_that_begin_like_JSON_are_words(string body, string says)
    {
        Emulator.Script(LlmScript.Respond(400, body));

        await AssertFailsOnceAsync($"InvalidRequest: {says}");
    }

    [Theory]
    [InlineData("{\"error\":{\"message\":\"seed must be an int")]
    [InlineData("[ {\"error\"")]
    [InlineData("[{")]
    public async Task JSON_that_is_cut_off_is_nothing_for_people(string body)
    {
        Emulator.Script(LlmScript.Respond(400, body));

        await AssertFailsOnceAsync("InvalidRequest");
    }

    private async Task AssertFailsOnceAsync(string facts)
    {
        Assert.Equal(facts, (await Service.AskAsync(OpenRouterModel)).Facts);
        Assert.Single(Emulator.Chats);
    }
}
