using Clawdex.Llm.V1;
using Clawdex.LlmEmulator;
using Clawdex.LlmService.Tests.Hosting;
using Grpc.Core;

namespace Clawdex.LlmService.Tests.Api;

public sealed class StreamChatTests : IAsyncLifetime
{
    private LlmEmulatorHost _emulator = null!;
    private LlmServiceHost _service = null!;

    public async ValueTask InitializeAsync()
    {
        _emulator = await LlmEmulatorHost.StartAsync(cancellationToken: TestContext.Current.CancellationToken);
        _service = LlmServiceHost.Start(_emulator);
    }

    public async ValueTask DisposeAsync()
    {
        await _service.DisposeAsync();
        await _emulator.DisposeAsync();
    }

    [Theory]
    [InlineData("gemini/gemini-2.5-flash", "gemini", LlmWire.Gemini, "gemini-2.5-flash")]
    [InlineData("openai/gpt-4o", "openrouter", LlmWire.OpenRouter, "openai/gpt-4o")]
    public async Task An_answer_streams_word_by_word_over_the_wire_of_its_provider(string model, string provider, LlmWire wire, string modelId)
    {
        var answer = await _service.AskAsync(model, "echo one two three");

        Assert.Equal(StatusCode.OK, answer.Status.StatusCode);
        var started = Assert.Single(answer.Started);
        Assert.Equal((model, provider), (started.Model, started.Provider));
        Assert.Equal(["one", " two", " three"], answer.Deltas);
        Assert.Equal(FinishReason.Stop, answer.Finished?.FinishReason);
        Assert.Equal(modelId, answer.Finished?.Model);
        Assert.Equal(3, answer.Finished?.Usage.CompletionTokens);
        var request = Assert.Single(_emulator.Chats);
        Assert.Equal((wire, modelId, true), (request.Wire, request.Model, request.KeyPresent));
    }
}
