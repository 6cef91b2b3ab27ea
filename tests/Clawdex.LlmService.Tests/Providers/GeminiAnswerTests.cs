using System.Text;
using Clawdex.Llm.V1;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.LlmService.Tests.Hosting;
using Grpc.Core;
using static Clawdex.LlmService.Tests.Hosting.Wires;

namespace Clawdex.LlmService.Tests.Providers;

/// <summary>Cases 39 to 46: what Gemini's streams can hold.</summary>
public sealed class GeminiAnswerTests : ServiceTest
{
    [Fact] // 39
    public async Task A_blocked_prompt_is_a_refusal_that_the_user_can_read()
    {
        Emulator.Script(LlmScript.Of(Event("""{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":7}}""")));

        var answer = await Service.AskAsync(GeminiModel);

        Assert.Equal(StatusCode.OK, answer.Status.StatusCode);
        Assert.Empty(answer.Deltas);
        Assert.Equal(FinishReason.ContentFilter, answer.Finished?.FinishReason);
        Assert.Equal("Refused: prohibited content", answer.Facts);
        Assert.Equal(7, answer.Finished?.Usage.PromptTokens);
    }

    [Theory] // 40
    [InlineData("SAFETY", "safety")]
    [InlineData("RECITATION", "recitation")]
    [InlineData("PROHIBITED_CONTENT", "prohibited content")]
    [InlineData("SPII", "spii")]
    [InlineData("BLOCKLIST", "blocklist")]
    [InlineData("MODEL_ARMOR", "model armor")]
    [InlineData("safety", "safety")]
    public async Task A_filtered_answer_keeps_its_part_and_says_why_it_ends(string reason, string word)
    {
        Emulator.Script(LlmScript.Of(GeminiChunk("Once upon"), Event($$"""{"candidates":[{"finishReason":"{{reason}}","index":0}]}""")));

        var answer = await Service.AskAsync(GeminiModel);

        Assert.Equal("Once upon", answer.Text);
        Assert.Equal(FinishReason.ContentFilter, answer.Finished?.FinishReason);
        Assert.Equal($"Blocked: {word}", answer.Facts);
    }

    [Theory] // 40
    [InlineData("OTHER")]
    [InlineData("LANGUAGE")]
    [InlineData("MALFORMED_FUNCTION_CALL")]
    [InlineData("TOO_MANY_TOOL_CALLS")]
    [InlineData("MALFORMED_RESPONSE")]
    [InlineData("MISSING_THOUGHT_SIGNATURE")]
    public async Task An_answer_that_the_provider_gave_up_is_interrupted(string reason)
    {
        Emulator.Script(LlmScript.Of(GeminiChunk("Once"), GeminiChunk("", reason)));

        var answer = await Service.AskAsync(GeminiModel);

        Assert.Equal(("Once", FinishReason.Interrupted), (answer.Text, answer.Finished?.FinishReason));
        Assert.Equal($"Stopped: {reason.ToLowerInvariant().Replace('_', ' ')}", answer.Facts);
    }

    [Fact] // 41
    public async Task The_output_limit_marks_a_cut_answer()
    {
        Emulator.Script(LlmScript.Of(GeminiChunk("A long"), GeminiChunk(" story", "MAX_TOKENS")));

        var answer = await Service.AskAsync(GeminiModel);

        Assert.Equal(("A long story", FinishReason.Length), (answer.Text, answer.Finished?.FinishReason));
        Assert.Equal("", answer.Facts);
    }

    [Fact] // 41
    public async Task An_output_limit_spent_on_thoughts_is_explained()
    {
        Emulator.Script(LlmScript.Of(Event(
            """{"candidates":[{"content":{"role":"model"},"finishReason":"MAX_TOKENS"}],"usageMetadata":{"promptTokenCount":5,"thoughtsTokenCount":64}}""")));

        var answer = await Service.AskAsync(GeminiModel);

        Assert.Equal(("", FinishReason.Length), (answer.Text, answer.Finished?.FinishReason));
        Assert.Equal("OutputSpent", answer.Facts);
        Assert.Equal((5, 64), (answer.Finished?.Usage.PromptTokens, answer.Finished?.Usage.CompletionTokens));
    }

    /// <summary>Two counts that are added up: below zero the answer could not be stored.</summary>
    [Fact]
    public async Task Absurd_counts_stay_counts()
    {
        Emulator.Script(LlmScript.Of(
            Event("""{"usageMetadata":{"promptTokenCount":2147483647,"toolUsePromptTokenCount":1,"candidatesTokenCount":2147483647,"thoughtsTokenCount":5}}"""),
            GeminiChunk("Hi", "STOP")));

        var answer = await Service.AskAsync(GeminiModel);

        Assert.Equal((int.MaxValue, int.MaxValue), (answer.Finished?.Usage.PromptTokens, answer.Finished?.Usage.CompletionTokens));
    }

    [Fact] // 42
    public async Task Thoughts_and_empty_parts_never_reach_the_user()
    {
        Emulator.Script(LlmScript.Of(
            new ScriptStep.Thought("I should be polite."),
            Event("""{"candidates":[{"content":{"parts":[{"text":"secret","thought":true},{"text":"Good "}]}}]}"""),
            Event("""{"candidates":[{"content":{"parts":[{"text":"","thoughtSignature":"c2ln"}]}}]}"""),
            Event("""{"candidates":[{"content":{}}]}"""),
            Event("""{"candidates":[{}]}"""),
            Event("""{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f"}},{"text":null}]}}]}"""),
            Event("""{"candidates":[],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":2}}"""),
            GeminiChunk("day", "STOP")));

        var answer = await Service.AskAsync(GeminiModel);

        Assert.Equal(["Good ", "day"], answer.Deltas);
        Assert.Equal(FinishReason.Stop, answer.Finished?.FinishReason);
        Assert.Equal((3, 2), (answer.Finished?.Usage.PromptTokens, answer.Finished?.Usage.CompletionTokens));
    }

    [Fact] // 43
    public async Task Numbers_as_strings_and_new_fields_are_read_and_passed_over()
    {
        Emulator.Script(LlmScript.Of(Event(
            """
            {"candidates":[{"content":{"parts":[{"text":"Hi","future":{"a":[1,2]}}]},"index":"0","finishReason":"STOP","logprobs":1e400}],"usageMetadata":{"promptTokenCount":"11","candidatesTokenCount":4.0},"modelVersion":"gemini-9","modelStatus":["x"]}
            """.Trim())));

        var answer = await Service.AskAsync(GeminiModel);

        Assert.Equal(("Hi", FinishReason.Stop, "gemini-9"), (answer.Text, answer.Finished?.FinishReason, answer.Finished?.Model));
        Assert.Equal((11, 4), (answer.Finished?.Usage.PromptTokens, answer.Finished?.Usage.CompletionTokens));
    }

    [Theory] // 43
    [InlineData("Hi", nameof(FinishReason.Stop))]
    [InlineData("", nameof(FinishReason.Interrupted))]
    public async Task An_unknown_finish_reason_ends_the_answer_and_is_named(string text, string expected)
    {
        Emulator.Script(LlmScript.Of(GeminiChunk(text, "TIRED_TODAY")));

        var answer = await Service.AskAsync(GeminiModel);

        Assert.Equal((text, expected), (answer.Text, answer.Finished?.FinishReason.ToString()));
        Assert.Equal("Stopped: tired today", answer.Facts);
    }

    [Fact] // 43
    public async Task Members_of_the_wrong_type_read_as_absent()
    {
        Emulator.Script(LlmScript.Of(
            Event("""{"candidates":{"content":"x"},"usageMetadata":[1],"promptFeedback":"x","modelVersion":5}"""),
            Event("""{"candidates":[{"content":{"parts":"x"}},{"index":1,"content":{"parts":[{"text":"other candidate"}]}},7]}"""),
            GeminiChunk("fine", "STOP")));

        var answer = await Service.AskAsync(GeminiModel);

        Assert.Equal(("fine", FinishReason.Stop), (answer.Text, answer.Finished?.FinishReason));
    }

    [Fact] // 44
    public async Task A_stream_cut_at_every_byte_reads_as_one()
    {
        var stream = "\ufeffdata: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Grüße \"}]}}]}\r\n\r\n"
            + "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"🌍\"}]},\"finishReason\":\"STOP\"}]}\r\n\r\n";
        Emulator.Script(LlmScript.Of(
            [.. Encoding.UTF8.GetBytes(stream).Select(single => new ScriptStep.Raw(Base64: Convert.ToBase64String([single])))]));

        var answer = await Service.AskAsync(GeminiModel);

        Assert.Equal(["Grüße ", "🌍"], answer.Deltas);
        Assert.Equal(FinishReason.Stop, answer.Finished?.FinishReason);
    }

    [Fact] // 44
    public async Task Two_events_in_one_read_are_two_deltas()
    {
        Emulator.Script(LlmScript.Raw(
            """
            data: {"candidates":[{"content":{"parts":[{"text":"a"}]}}]}

            data: {"candidates":[{"content":{"parts":[{"text":"b"}]},"finishReason":"STOP"}]}


            """.ReplaceLineEndings("\r\n")));

        Assert.Equal(["a", "b"], (await Service.AskAsync(GeminiModel)).Deltas);
    }

    public static TheoryData<string> ErrorsInTheStream =>
    [
        "data: {\"error\":{\"code\":503,\"message\":\"The model is overloaded.\",\"status\":\"UNAVAILABLE\"}}\r\n\r\n",
        "{\n  \"error\": {\n    \"code\": 503,\n    \"message\": \"The model is overloaded.\",\n    \"status\": \"UNAVAILABLE\"\n  }\n}\n",
        "[{\"error\":{\"code\":503,\"message\":\"The model is overloaded.\",\"status\":\"UNAVAILABLE\"}}]",
        "data: [{\"error\":{\"code\":503,\"message\":\"The model is overloaded.\",\"status\":\"UNAVAILABLE\"}}]\r\n\r\n",
    ];

    [Theory] // 45
    [MemberData(nameof(ErrorsInTheStream))]
    public async Task An_error_after_ten_chunks_keeps_them_and_is_named(string error)
    {
        Emulator.Script(LlmScript.Of([.. Enumerable.Repeat(new ScriptStep.Text("word "), 10), new ScriptStep.Raw(error)]));

        var answer = await Service.AskAsync(GeminiModel);

        Assert.Equal(10, answer.Deltas.Count);
        Assert.Equal(FinishReason.Interrupted, answer.Finished?.FinishReason);
        Assert.Equal("Overloaded: The model is overloaded.", answer.Facts);
    }

    [Theory] // 45
    [MemberData(nameof(ErrorsInTheStream))]
    public async Task The_same_error_counts_although_each_piece_says_stop(string error)
    {
        Emulator.Script(LlmScript.Of(GeminiChunk("Hel", "STOP"), new ScriptStep.Raw(error)));

        var answer = await Service.AskAsync(GeminiModel);

        Assert.Equal(("Hel", FinishReason.Interrupted), (answer.Text, answer.Finished?.FinishReason));
        Assert.Equal("Overloaded: The model is overloaded.", answer.Facts);
    }

    [Theory] // 45
    [MemberData(nameof(ErrorsInTheStream))]
    public async Task The_same_error_before_any_chunk_is_a_status(string error)
    {
        Emulator.Script(LlmScript.Raw(error));

        var answer = await Service.AskAsync(GeminiModel);

        Assert.Equal(StatusCode.Unavailable, answer.Status.StatusCode);
        Assert.Equal("Overloaded: The model is overloaded.", answer.Status.Detail);
    }

    [Theory] // 46
    [InlineData("")]
    [InlineData("\r\n\r\n: nothing\r\n\r\n")]
    [InlineData("data: \r\n\r\n")]
    public async Task A_stream_without_events_is_an_error(string stream)
    {
        Emulator.Script(LlmScript.Raw(stream));

        var answer = await Service.AskAsync(GeminiModel);

        Assert.Equal(new Status(StatusCode.Unavailable, "CutOff"), answer.Status);
    }

    [Theory] // 46
    [InlineData("", "CutOff")]
    [InlineData("data: {\"candidates\":[{\"content\":{\"par", "Unreadable")]
    public async Task A_stream_that_ends_without_a_finish_reason_is_interrupted(string end, string facts)
    {
        Emulator.Script(LlmScript.Of(new ScriptStep.Text("Half an"), new ScriptStep.Raw(end)));

        var answer = await Service.AskAsync(GeminiModel);

        Assert.Equal(("Half an", FinishReason.Interrupted), (answer.Text, answer.Finished?.FinishReason));
        Assert.Equal(facts, answer.Facts);
    }

    [Fact] // 46
    public async Task A_connection_that_breaks_in_the_middle_interrupts_the_answer()
    {
        Emulator.Script(LlmScript.Of(new ScriptStep.Text("Half an"), new ScriptStep.Cut()));

        var answer = await Service.AskAsync(GeminiModel);

        Assert.Equal(("Half an", FinishReason.Interrupted), (answer.Text, answer.Finished?.FinishReason));
        Assert.Equal("CutOff", answer.Facts);
    }
}
