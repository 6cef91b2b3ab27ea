using Clawdex.Llm.V1;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.LlmService.Tests.Hosting;
using Grpc.Core;
using static Clawdex.LlmService.Tests.Hosting.Wires;

namespace Clawdex.LlmService.Tests.Providers;

/// <summary>Cases 54 to 57 and 59: what OpenRouter's streams can hold.</summary>
public sealed class OpenRouterAnswerTests : ServiceTest
{
    [Fact] // 54
    public async Task Only_content_is_shown_and_usage_is_found_wherever_it_is()
    {
        Emulator.Script(LlmScript.Of(
            Event("""{"choices":[{"index":0,"delta":{"role":"assistant"}}]}"""),
            Event("""{"choices":[{"index":0,"delta":{"role":"assistant","content":null}}]}"""),
            Event("""{"choices":[{"index":0}]}"""),
            new ScriptStep.Thought("I think of a number."),
            Event("""{"choices":[{"delta":{"content":"","reasoning_details":[{"type":"reasoning.text","text":"hm"}],"refusal":null}}]}"""),
            Event("""{"choices":[{"index":0,"delta":{"content":"Five"}}],"usage":{"prompt_tokens":4,"completion_tokens":1}}"""),
            OpenRouterChunk(".", "stop"),
            Event("""{"choices":[],"usage":{"prompt_tokens":4,"completion_tokens":2,"cost":1e-7,"cost_details":null}}"""),
            Event("[DONE]")));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.Equal(["Five", "."], answer.Deltas);
        Assert.Equal(FinishReason.Stop, answer.Finished?.FinishReason);
        Assert.Equal((4, 2), (answer.Finished?.Usage.PromptTokens, answer.Finished?.Usage.CompletionTokens));
    }

    [Theory]
    [InlineData("\"cost\":0.00123456", 1235)]
    [InlineData("\"cost\":0.0001,\"is_byok\":true,\"cost_details\":{\"upstream_inference_cost\":0.002}", 2100)]
    [InlineData("\"cost\":0.0001,\"is_byok\":false,\"cost_details\":{\"upstream_inference_cost\":0.002}", 100)]
    [InlineData("\"cost\":-1", 0)]
    [InlineData("\"cost\":\"much\"", 0)]
    [InlineData("\"cost\":1e300", 0)]
    [InlineData("\"cost\":2000000000", 10_000_000_000)]
    public async Task What_the_answer_cost_is_told_as_openrouter_says_it(string cost, long microdollars)
    {
        Emulator.Script(LlmScript.Of(
            OpenRouterChunk("Five.", "stop"),
            Event($$$"""{"choices":[],"usage":{"prompt_tokens":4,"completion_tokens":2,{{{cost}}}}}"""),
            Event("[DONE]")));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.Equal(microdollars, answer.Finished?.Usage.CostMicrodollars);
    }

    [Theory] // 55
    [InlineData("""{"error":{"code":502,"message":"Provider disconnected"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}""")]
    [InlineData("""{"error":{"code":502,"message":"Provider disconnected"},"choices":[]}""")]
    [InlineData("""{"error":{"code":"server_error","message":"Provider disconnected"}}""")]
    [InlineData("""{"error":{"code":502,"message":null}}""")]
    [InlineData("""{"error":{"code":502,"message":"Provider returned error","metadata":{"raw":"{broken"}}}""")]
    [InlineData("""{"error":"Provider disconnected"}""")]
    [InlineData("""{"choices":[{"index":0,"delta":{},"finish_reason":"error"}]}""")]
    [InlineData("""{"choices":[{"index":0,"delta":{},"error":{"code":502,"message":"x"}}]}""")]
    public async Task An_error_in_the_stream_is_never_success(string error)
    {
        Emulator.Script(
            LlmScript.Of(new ScriptStep.Text("Half"), Event(error), new ScriptStep.Finish()),
            LlmScript.Of(Event(error), new ScriptStep.Finish()));

        var partial = await Service.AskAsync(OpenRouterModel);
        var nothing = await Service.AskAsync(OpenRouterModel);

        Assert.Equal(("Half", FinishReason.Interrupted), (partial.Text, partial.Finished?.FinishReason));
        Assert.NotEqual("", partial.Facts);
        Assert.Equal(StatusCode.Unavailable, nothing.Status.StatusCode);
        Assert.NotEqual("", nothing.Status.Detail);
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""null""")]
    [InlineData("\"\"")]
    [InlineData("""{"message":"","type":"","code":null}""")]
    [InlineData("""{"message":null,"code":0,"param":{}}""")]
    public async Task An_error_that_says_nothing_beside_an_answer_is_none(string error)
    {
        Emulator.Script(LlmScript.Of(
            OpenRouterChunk("He"),
            Event($$$"""{"error":{{{error}}},"choices":[{"index":0,"delta":{"content":"llo"},"error":{{{error}}},"finish_reason":"stop"}]}""")));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.Equal(("Hello", FinishReason.Stop, ""), (answer.Text, answer.Finished?.FinishReason, answer.Facts));
    }

    [Fact]
    public async Task A_notice_of_success_is_no_error()
    {
        Emulator.Script(LlmScript.Of(
            Event("""{"code":0,"message":"success","data":null}"""),
            OpenRouterChunk("Hello", "stop"),
            Event("""{"base_resp":{"status_code":0,"status_msg":"success"}}""")));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.Equal(("Hello", FinishReason.Stop, ""), (answer.Text, answer.Finished?.FinishReason, answer.Facts));
    }

    [Fact]
    public async Task A_refusal_is_shown_and_is_no_complete_answer()
    {
        Emulator.Script(
            LlmScript.Of(Event("""{"choices":[{"index":0,"delta":{"content":null,"refusal":"I cannot help"},"finish_reason":"stop"}]}""")),
            LlmScript.Of(
                Event("""{"choices":[{"index":0,"delta":{"refusal":"I cannot"}}]}"""),
                Event("""{"choices":[{"index":0,"delta":{"content":[{"type":"refusal","refusal":" help"}]}}]}"""),
                OpenRouterChunk(null, "stop"),
                Event("[DONE]")),
            LlmScript.Respond(200, """{"choices":[{"message":{"content":null,"refusal":"I cannot help"},"finish_reason":"stop"}]}"""));

        for (var i = 0; i < 3; i++)
        {
            var answer = await Service.AskAsync(OpenRouterModel);

            Assert.Equal(("I cannot help", FinishReason.ContentFilter, "Refused"), (answer.Text, answer.Finished?.FinishReason, answer.Facts));
        }
    }

    [Fact] // 56
    public async Task Usage_after_the_finish_reason_counts_and_what_follows_the_end_does_not()
    {
        Emulator.Script(LlmScript.Raw(
            """
            data: {"choices":[{"index":0,"delta":{"content":"Done"},"finish_reason":"stop"}]}

            data: {"choices":[],"usage":{"prompt_tokens":"8","completion_tokens":1}}

            data:   [DONE]  

            data: {"choices":[{"index":0,"delta":{"content":" late"}}]}


            """.ReplaceLineEndings("\r\n")));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.Equal(("Done", FinishReason.Stop), (answer.Text, answer.Finished?.FinishReason));
        Assert.Equal(8, answer.Finished?.Usage.PromptTokens);
    }

    [Fact] // 56
    public async Task A_finish_reason_is_the_end_even_without_DONE()
    {
        Emulator.Script(LlmScript.Of(OpenRouterChunk("All of it", "stop")));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.Equal(("All of it", FinishReason.Stop), (answer.Text, answer.Finished?.FinishReason));
        Assert.Null(answer.Finished?.Usage);
    }

    [Fact] // 56
    public async Task DONE_is_the_end_even_without_a_finish_reason()
    {
        Emulator.Script(LlmScript.Of(OpenRouterChunk("All of it"), Event("[DONE]")));

        Assert.Equal(FinishReason.Stop, (await Service.AskAsync(OpenRouterModel)).Finished?.FinishReason);
    }

    [Fact] // 56
    public async Task A_stream_with_neither_was_cut()
    {
        Emulator.Script(LlmScript.Of(OpenRouterChunk("Half")));

        Assert.Equal(FinishReason.Interrupted, (await Service.AskAsync(OpenRouterModel)).Finished?.FinishReason);
    }

    [Fact] // 57
    public async Task A_JSON_error_with_status_200_is_an_error()
    {
        Emulator.Script(LlmScript.Respond(200, OpenRouterError(429, "Rate limit exceeded: free-models-per-day")));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.Equal(StatusCode.ResourceExhausted, answer.Status.StatusCode);
        Assert.Equal("QuotaSpent: Rate limit exceeded: free-models-per-day", answer.Facts);
    }

    [Fact]
    public async Task A_server_that_does_not_stream_is_understood_as_well()
    {
        Emulator.Script(LlmScript.Respond(
            200, """{"choices":[{"index":0,"message":{"role":"assistant","content":"Whole"},"finish_reason":"stop"}],"usage":{"prompt_tokens":2,"completion_tokens":1}}"""));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.Equal(("Whole", FinishReason.Stop, 2), (answer.Text, answer.Finished?.FinishReason, answer.Finished?.Usage.PromptTokens));
    }

    [Theory] // 59
    [InlineData("length", nameof(FinishReason.Length), "")]
    [InlineData("content_filter", nameof(FinishReason.ContentFilter), "Blocked")]
    [InlineData("tool_calls", nameof(FinishReason.Interrupted), "ToolWanted")]
    [InlineData("some_new_reason", nameof(FinishReason.Stop), "Stopped: some_new_reason")]
    [InlineData("STOP", nameof(FinishReason.Stop), "")]
    [InlineData("eos", nameof(FinishReason.Stop), "")]
    [InlineData("eos_token", nameof(FinishReason.Stop), "")]
    [InlineData("end_turn", nameof(FinishReason.Stop), "")]
    [InlineData("stop_sequence", nameof(FinishReason.Stop), "")]
    [InlineData("COMPLETE", nameof(FinishReason.Stop), "")]
    [InlineData("max_tokens", nameof(FinishReason.Length), "")]
    [InlineData("MAX_TOKENS", nameof(FinishReason.Length), "")]
    [InlineData("model_length", nameof(FinishReason.Length), "")]
    [InlineData("model_context_window_exceeded", nameof(FinishReason.Length), "")]
    [InlineData("content-filter", nameof(FinishReason.ContentFilter), "Blocked")]
    [InlineData("safety", nameof(FinishReason.ContentFilter), "Blocked")]
    [InlineData("SAFETY", nameof(FinishReason.ContentFilter), "Blocked")]
    [InlineData("PROHIBITED_CONTENT", nameof(FinishReason.ContentFilter), "Blocked")]
    [InlineData("sensitive", nameof(FinishReason.ContentFilter), "Blocked")]
    [InlineData("refusal", nameof(FinishReason.ContentFilter), "Blocked")]
    [InlineData("tool_use", nameof(FinishReason.Interrupted), "ToolWanted")]
    [InlineData("network_error", nameof(FinishReason.Interrupted), "Stopped: network_error")]
    [InlineData("insufficient_system_resource", nameof(FinishReason.Interrupted), "Stopped: insufficient_system_resource")]
    [InlineData("abort", nameof(FinishReason.Interrupted), "Stopped: abort")]
    [InlineData("ERROR", nameof(FinishReason.Interrupted), "CutOff")]
    public async Task A_finish_reason_other_than_stop_is_marked(string reason, string expected, string facts)
    {
        Emulator.Script(LlmScript.Of(OpenRouterChunk("Text"), OpenRouterChunk("", reason), Event("[DONE]")));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.Equal(("Text", expected), (answer.Text, answer.Finished?.FinishReason.ToString()));
        Assert.Equal(facts, answer.Facts);
    }

    [Fact] // 59
    public async Task Other_choices_than_the_first_are_passed_over()
    {
        Emulator.Script(LlmScript.Of(
            Event("""{"choices":[{"index":1,"delta":{"content":"B"},"finish_reason":"length"},{"index":0,"delta":{"content":"A"}}]}"""),
            OpenRouterChunk("", "stop")));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.Equal(("A", FinishReason.Stop), (answer.Text, answer.Finished?.FinishReason));
    }

    [Fact]
    public async Task The_model_that_really_answered_is_named()
    {
        Emulator.Script(LlmScript.Of(
            Event("""{"model":"openai/gpt-4o-2024-11-20","choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}""")));

        Assert.Equal("openai/gpt-4o-2024-11-20", (await Service.AskAsync(OpenRouterModel)).Finished?.Model);
    }

    [Fact]
    public async Task A_character_that_two_events_share_is_put_together()
    {
        Emulator.Script(LlmScript.Of(
            Event("""{"choices":[{"delta":{"content":"a \ud83d"}}]}"""),
            Event("""{"choices":[{"delta":{"content":"\ude00 b \udead"},"finish_reason":"stop"}]}"""),
            Event("[DONE]")));

        Assert.Equal("a 😀 b \ufffd", (await Service.AskAsync(OpenRouterModel)).Text);
    }
}
