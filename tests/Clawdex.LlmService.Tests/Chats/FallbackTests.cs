using Clawdex.Llm.V1;
using Clawdex.LlmEmulator;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.LlmService.Tests.Hosting;
using Grpc.Core;

namespace Clawdex.LlmService.Tests.Chats;

/// <summary><c>llm:fallbackModels</c>: who answers when the first model cannot.</summary>
public sealed class FallbackTests : ServiceTest
{
    protected override IEnumerable<(string Key, string Value)> Settings =>
    [
        ("llm:retryAttempts", "0"),
        ("llm:fallbackModels:0", "openai/gpt-4o"),
        ("llm:fallbackModels:1", "gemini-2.5-pro"),
    ];

    [Fact]
    public async Task The_next_model_answers_when_the_first_one_fails_before_its_first_word()
    {
        Emulator.Script(LlmScript.Respond(503, "").On(LlmWire.Gemini), LlmScript.Reply("at your service").On(LlmWire.OpenRouter));

        var answer = await Service.AskAsync(GeminiModel);

        Assert.Equal("at your service", answer.Text);
        Assert.Equal([GeminiModel, "openai/gpt-4o"], answer.Started.Select(started => started.Model));
        Assert.Equal("openai/gpt-4o", answer.Finished?.Model);
        Assert.Equal(["gemini-2.5-flash", "openai/gpt-4o"], Emulator.Chats.Select(request => request.Model));
    }

    [Fact]
    public async Task All_models_are_asked_in_their_order_and_the_first_ones_failure_is_told()
    {
        Emulator.Script(
            LlmScript.Respond(503, "").On(LlmWire.OpenRouter),
            LlmScript.Respond(404, "").On(LlmWire.Gemini));

        var answer = await Service.AskAsync("meta-llama/llama-4-maverick");

        Assert.Equal(
            ["meta-llama/llama-4-maverick", "openai/gpt-4o"],
            Emulator.Chats.Where(request => request.Wire is LlmWire.OpenRouter).Select(request => request.Model));
        Assert.Equal(FinishReason.Stop, answer.Finished?.FinishReason);
    }

    [Fact]
    public async Task When_no_model_answers_the_failure_of_the_chosen_one_is_told()
    {
        Emulator.Script(
            LlmScript.Respond(402, "").On(LlmWire.OpenRouter) with { Times = 2 },
            LlmScript.Respond(503, "").On(LlmWire.Gemini));

        var answer = await Service.AskAsync("meta-llama/llama-4-maverick");

        Assert.Equal(StatusCode.FailedPrecondition, answer.Status.StatusCode);
        Assert.Equal(("NoCredit", "openrouter"), (answer.Facts, answer.Failure?.Provider));
        Assert.Equal(3, Emulator.Chats.Count);
    }

    [Fact]
    public async Task A_fall_back_that_was_chosen_itself_is_not_asked_twice()
    {
        Emulator.Script(LlmScript.Respond(503, "") with { Times = 5 });

        await Service.AskAsync("openai/gpt-4o");

        Assert.Equal(["openai/gpt-4o", "gemini-2.5-pro"], Emulator.Chats.Select(request => request.Model));
    }

    [Fact]
    public async Task After_the_first_word_no_other_model_takes_over()
    {
        Emulator.Script(LlmScript.Of(new ScriptStep.Text("Half")));

        var answer = await Service.AskAsync(GeminiModel);

        Assert.Equal(("Half", FinishReason.Interrupted), (answer.Text, answer.Finished?.FinishReason));
        Assert.Single(Emulator.Chats);
    }

    [Fact]
    public async Task A_refusal_is_an_answer_and_no_other_model_is_asked()
    {
        Emulator.Script(LlmScript.Of(Wires.Event("""{"promptFeedback":{"blockReason":"SAFETY"}}""")));

        Assert.Equal(FinishReason.ContentFilter, (await Service.AskAsync(GeminiModel)).Finished?.FinishReason);
        Assert.Single(Emulator.Chats);
    }
}
