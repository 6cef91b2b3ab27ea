using System.Text;
using Clawdex.Llm.V1;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.LlmService.Tests.Hosting;
using static Clawdex.LlmService.Tests.Hosting.Wires;

namespace Clawdex.LlmService.Tests.Providers;

/// <summary>Answers as real servers send them: in parts, mislabelled, with thoughts or pictures inside, or far too much of them.</summary>
public sealed class RealStreamTests : ServiceTest
{
    private const string Hi =
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":null}]}\n\n"
        + "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

    private const string One = """{"choices":[{"index":0,"delta":{"content":"One "},"finish_reason":null}]}""";
    private const string Two = """{"choices":[{"index":0,"delta":{"content":"two "},"finish_reason":null}]}""";
    private const string Three = """{"choices":[{"index":0,"delta":{"content":"three"},"finish_reason":"stop"}]}""";

    public static TheoryData<string> SeveralValues =>
    [
        $"data: {One}\ndata: {Two}\ndata: {Three}\n\ndata: [DONE]\n\n",
        $"data: {One}\r\ndata: {Two}\r\ndata: {Three}\r\ndata: [DONE]\r\n\r\n",
        $"data: {One}\ndata: {Two}\ndata: {Three}\ndata: [DONE]",
        $"data: {One}\n\ndata: {Two}\ndata: {Three}",
        $"data: {One}{Two} {Three}\n\ndata: [DONE]\n\n",
        $"data: {One}{Two}{Three}[DONE]\n\n",
        $"{One}\n{Two}\n{Three}\n",
        $"{One}\n\n{Two}\n\n{Three}\n\n[DONE]\n",
        $"data: {One} and words\n\ndata: {Two}\ndata: {Three}\n\n",
    ];

    [Theory]
    [MemberData(nameof(SeveralValues))]
    public async Task Several_values_without_a_blank_line_between_them_are_all_read(string stream)
    {
        Emulator.Script(LlmScript.Raw(stream));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.Equal(("One two three", FinishReason.Stop), (answer.Text, answer.Finished?.FinishReason));
    }

    [Theory]
    [InlineData("\n", "data: [DONE]\n\n")]
    [InlineData("\r\n", "")]
    public async Task They_are_shown_as_they_come(string lineEnd, string end)
    {
        Emulator.Script(LlmScript.Raw($"data: {One}{lineEnd}data: {Two}{lineEnd}data: {Three}{lineEnd}{end}"));

        Assert.Equal(["One ", "two ", "three"], (await Service.AskAsync(OpenRouterModel)).Deltas);
    }

    [Fact]
    public async Task What_can_be_read_before_a_value_that_cannot_is_kept()
    {
        Emulator.Script(LlmScript.Raw($"data: {One}{Two}{{\"choices\n\n"));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.Equal(("One two ", FinishReason.Interrupted, "Unreadable"), (answer.Text, answer.Finished?.FinishReason, answer.Facts));
    }

    [Fact]
    public async Task Content_in_parts_is_read_without_the_thoughts_among_them()
    {
        Emulator.Script(LlmScript.Of(
            Event("""{"choices":[{"index":0,"delta":{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"hm"}]}]},"finish_reason":null}]}"""),
            Event("""{"choices":[{"index":0,"delta":{"content":[{"type":"text","text":"Fo"},{"type":"text","text":"ur"}]},"finish_reason":null}]}"""),
            OpenRouterChunk(".", "stop"),
            Event("[DONE]")));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.Equal(("Four.", FinishReason.Stop), (answer.Text, answer.Finished?.FinishReason));
    }

    [Fact]
    public async Task A_whole_message_after_its_deltas_does_not_repeat_them()
    {
        Emulator.Script(LlmScript.Of(
            OpenRouterChunk("Four."),
            Event("""{"choices":[{"index":0,"message":{"role":"assistant","content":"Four."},"finish_reason":"stop"}]}""")));

        Assert.Equal("Four.", (await Service.AskAsync(OpenRouterModel)).Text);
    }

    [Theory]
    [InlineData("application/json")]
    [InlineData("text/html; charset=utf-8")]
    [InlineData("application/octet-stream")]
    [InlineData("")]
    public async Task A_stream_is_a_stream_whatever_its_label(string label)
    {
        Emulator.Script(LlmScript.Respond(200, Hi, ("Content-Type", label)));

        Assert.Equal("Hi", (await Service.AskAsync(OpenRouterModel)).Text);
        Assert.Single(Emulator.Chats);
    }

    [Theory]
    [InlineData("text/event-stream")]
    [InlineData("text/plain")]
    public async Task A_whole_answer_is_a_whole_answer_whatever_its_label(string label)
    {
        Emulator.Script(LlmScript.Respond(
            200,
            "{\n  \"choices\": [\n    {\n      \"message\": { \"content\": \"Whole\" },\n      \"finish_reason\": \"stop\"\n    }\n  ]\n}\n",
            ("Content-Type", label)));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.Equal(("Whole", FinishReason.Stop), (answer.Text, answer.Finished?.FinishReason));
    }

    [Theory]
    [InlineData("<think>\\n|so the user wants|</think>\\n\\n|Four.")]
    [InlineData("<think>hm</think>Four.")]
    [InlineData("<|th|ink>a < b</t|hink|>| |Fo|ur.")]
    [InlineData("\\n<think>\\n\\n</think>\\n\\nFour.")]
    [InlineData("<thinking>\\nhm</thinking>\\n\\nFour.")]
    [InlineData("<thought>hm</thought>Four.")]
    [InlineData("<reas|oning>hm </think> hm</reason|ing>Four.")]
    [InlineData("<Think>hm</THINK>Four.")]
    [InlineData("[THINK]hm[1]|[/THI|NK]Four.")]
    [InlineData("◁think▷hm◁|/think▷Four.")]
    [InlineData("<think>hm</think><think>hm2</think>Four.")]
    [InlineData("<think>hm</think>|\\n<th|inking>hm2</thinking>|\\n\\n|Four.")]
    public async Task Thoughts_at_the_beginning_of_the_text_are_not_shown(string deltas)
    {
        Emulator.Script(LlmScript.Of([.. deltas.Split('|').Select(delta => OpenRouterChunk(delta.Replace("\\n", "\n", StringComparison.Ordinal))), OpenRouterChunk("", "stop")]));

        Assert.Equal("Four.", (await Service.AskAsync(OpenRouterModel)).Text.TrimStart());
    }

    [Theory]
    [InlineData("Write <think>x</think> to think.")]
    [InlineData("<thinking is hard")]
    [InlineData("<thi")]
    [InlineData("[THINKING] aloud")]
    [InlineData("[1] is a source")]
    [InlineData("◁ and ▷")]
    [InlineData("<reasoning")]
    [InlineData("<")]
    public async Task Anything_else_that_looks_like_a_tag_is_text(string text)
    {
        Emulator.Script(LlmScript.Of([.. text.Select(letter => OpenRouterChunk($"{letter}")), OpenRouterChunk("", "stop")]));

        Assert.Equal(text, (await Service.AskAsync(OpenRouterModel)).Text);
    }

    [Fact]
    public async Task What_looks_like_a_tag_behind_a_thought_is_text_without_the_space_between()
    {
        Emulator.Script(LlmScript.Of([.. "<think>hm</think> <thin ice".Select(letter => OpenRouterChunk($"{letter}")), OpenRouterChunk("", "stop")]));

        Assert.Equal("<thin ice", (await Service.AskAsync(OpenRouterModel)).Text);
    }

    [Fact]
    public async Task A_model_that_only_thinks_until_its_limit_is_explained()
    {
        Emulator.Script(LlmScript.Of(OpenRouterChunk("<think>so the"), OpenRouterChunk(" user", "length")));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.Equal(("", FinishReason.Length, "OutputSpent"), (answer.Text, answer.Finished?.FinishReason, answer.Facts));
    }

    [Fact]
    public async Task A_picture_leaves_its_words_and_is_mentioned()
    {
        var picture = new string('A', 4_000_000);
        Emulator.Script(
            LlmScript.Of(Event($$$"""{"candidates":[{"content":{"parts":[{"text":"Here it is. "},{"inlineData":{"mimeType":"image/png","data":"{{{picture}}}"}}]},"finishReason":"STOP"}]}""")),
            LlmScript.Respond(200, $$$"""[{"candidates":[{"content":{"parts":[{"text":"Here it is. "},{"inlineData":{"mimeType":"image/png","data":"{{{picture}}}"}}]},"finishReason":"STOP"}]}]"""),
            LlmScript.Of(Event($$$"""{"choices":[{"index":0,"delta":{"content":"Here it is. ","images":[{"type":"image_url","image_url":{"url":"data:image/png;base64,{{{picture}}}"}}]},"finish_reason":"stop"}]}""")));

        foreach (var model in (string[])[GeminiModel, GeminiModel, OpenRouterModel])
        {
            var answer = await Service.AskAsync(model);

            Assert.Equal(("Here it is. ", FinishReason.Stop, "PictureLeftOut"), (answer.Text, answer.Finished?.FinishReason, answer.Facts));
        }
    }

    [Fact]
    public async Task The_last_reason_is_the_true_one_where_each_piece_says_stop()
    {
        Emulator.Script(LlmScript.Of(GeminiChunk("Hel", "STOP"), GeminiChunk("lo", "STOP"), GeminiChunk(" there", "MAX_TOKENS")));

        var answer = await Service.AskAsync(GeminiModel);

        Assert.Equal(("Hello there", FinishReason.Length), (answer.Text, answer.Finished?.FinishReason));
    }

    [Theory]
    [InlineData(": ping\n\n")]
    [InlineData("event: ping\n\n")]
    [InlineData("id: 1\n")]
    public async Task What_only_keeps_a_stream_open_does_not_do_so_for_ever(string line)
    {
        Emulator.Script(
            LlmScript.Of([.. Enumerable.Repeat(new ScriptStep.Raw(line), 1000), new ScriptStep.Text("patience"), new ScriptStep.Finish()]),
            LlmScript.Of([new ScriptStep.Text("Half"), .. Enumerable.Repeat(new ScriptStep.Raw(line), 1001), new ScriptStep.Text("late"), new ScriptStep.Finish()]));

        Assert.Equal("patience", (await Service.AskAsync(OpenRouterModel)).Text);
        var answer = await Service.AskAsync(OpenRouterModel);
        Assert.Equal(("Half", FinishReason.Interrupted, "Overlong"), (answer.Text, answer.Finished?.FinishReason, answer.Facts));
    }

    [Theory]
    [InlineData("gzip, br", "Hi")]
    [InlineData("gzip, gzip, gzip", "")]
    [InlineData("zstd", "")]
    public async Task Two_codings_are_undone_and_no_more(string codings, string text)
    {
        var body = Encoding.UTF8.GetBytes(Hi);
        foreach (var coding in codings.Split(", "))
            body = Compression.Compress(coding, body);
        Emulator.Script(LlmScript.Of(
            new ScriptStep.Respond(200, Headers: new Dictionary<string, string> { ["Content-Encoding"] = codings }),
            new ScriptStep.Raw(Base64: Convert.ToBase64String(body))));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.Equal(text, answer.Text);
        Assert.Equal(text.Length == 0 ? "NotHttp" : "", answer.Facts);
    }

    [Fact]
    public async Task A_few_bytes_that_unpack_to_a_line_without_end_are_stopped()
    {
        var bomb = Compression.Compress("gzip", Encoding.UTF8.GetBytes($"data: {new string('x', 40 * 1024 * 1024)}"));
        Emulator.Script(LlmScript.Of(
            new ScriptStep.Respond(200, Headers: new Dictionary<string, string> { ["Content-Encoding"] = "gzip" }),
            new ScriptStep.Raw(Base64: Convert.ToBase64String(bomb))));

        Assert.Equal("Overlong", (await Service.AskAsync(OpenRouterModel)).Facts);
    }
}
