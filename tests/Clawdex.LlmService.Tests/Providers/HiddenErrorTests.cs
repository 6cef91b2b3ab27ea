using Clawdex.Llm.V1;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.LlmService.Tests.Hosting;
using static Clawdex.LlmService.Tests.Hosting.Wires;

namespace Clawdex.LlmService.Tests.Providers;

/// <summary>Errors that look like something else: like JSON, like a stream, like an answer in good order.</summary>
public sealed class HiddenErrorTests : ErrorTest
{
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

    [Theory]
    [InlineData("{\"error\":{\"message\":\"quota\",\"code\":\"insufficient_quota\"}}\n\ndata: [DONE]\n\n", "QuotaSpent: quota")]
    [InlineData("{\"error\":\"Context size has been exceeded.\"}\ndata: [DONE]\n\n", "ContextTooLong")]
    [InlineData("The model has crashed.\n\ndata: [DONE]\n\n", "Stopped: The model has crashed.")]
    [InlineData("data: error: CUDA is broken\n\ndata: [DONE]\n\n", "Stopped: error: CUDA is broken")]
    [InlineData("data: Error: CUDA is broken\n\n", "Stopped: Error: CUDA is broken")]
    [InlineData("data: [ERROR] CUDA is broken\n\ndata: [DONE]\n\n", "Stopped: [ERROR] CUDA is broken")]
    [InlineData("data: {'error': 'CUDA is broken'}\n\ndata: [DONE]\n\n", "Stopped: {'error': 'CUDA is broken'}")]
    [InlineData("data: CUDA is broken\n\ndata: [DONE]\n\n", "Stopped: CUDA is broken")]
    [InlineData("data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}]}\n\ndata: ping\n\ndata: CUDA is broken\n\ndata: [DONE]\n\n", "Stopped: CUDA is broken")]
    public async Task An_error_in_place_of_an_answer_counts_though_the_stream_ends_in_good_order(string stream, string facts)
    {
        Emulator.Script(LlmScript.Raw(stream));

        await AssertFailsOnceAsync(facts);
    }

    [Theory]
    [InlineData("{\"error\":{\"message\":\"CUDA is broken\",\"code\":500}}\n\n", "Overloaded: CUDA is broken")]
    [InlineData("data: error: CUDA is broken\n\n", "Stopped: error: CUDA is broken")]
    [InlineData("data: [ERROR] CUDA is broken\n\n", "Stopped: [ERROR] CUDA is broken")]
    [InlineData("Error: CUDA is broken\n\n", "Stopped: Error: CUDA is broken")]
    public async Task An_error_in_the_middle_of_an_answer_counts_though_the_stream_ends_in_good_order(string error, string facts)
    {
        Emulator.Script(LlmScript.Of(OpenRouterChunk("Half"), new ScriptStep.Raw(error), Event("[DONE]")));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.Equal(("Half", FinishReason.Interrupted, facts), (answer.Text, answer.Finished?.FinishReason, answer.Facts));
    }

    [Theory]
    [InlineData("ping")]
    [InlineData("ping 17")]
    [InlineData("ping - 2025-11-27T19:52:00.123Z")]
    [InlineData("2025-11-27T19:52:00Z")]
    [InlineData("processing request")]
    public async Task A_cut_after_words_of_waiting_is_asked_again(string words)
    {
        Emulator.Script(LlmScript.Of(new ScriptStep.Raw($"data: {words}\n\n")));

        Assert.Equal("", (await Service.AskAsync(OpenRouterModel)).Facts);
        Assert.Equal(2, Emulator.Chats.Count);
    }

    [Theory]
    [InlineData("data: ping\n\n")]
    [InlineData("data: keep-alive\n\n")]
    [InlineData("data: MODEL LOADING...\n\n")]
    [InlineData("data: null\n\n")]
    [InlineData("data: We are connected\n\n")]
    [InlineData("hello: world\n\n")]
    public async Task Words_beside_an_answer_are_no_error(string words)
    {
        Emulator.Script(LlmScript.Of(new ScriptStep.Raw(words), OpenRouterChunk("Hel"), new ScriptStep.Raw(words), OpenRouterChunk("lo", "stop"), Event("[DONE]")));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.Equal(("Hello", FinishReason.Stop, ""), (answer.Text, answer.Finished?.FinishReason, answer.Facts));
    }

    [Fact]
    public async Task A_stream_in_a_stream_is_read()
    {
        Emulator.Script(LlmScript.Raw("data: data: {\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}\n\ndata: data: [DONE]\n\n"));

        Assert.Equal("Hi", (await Service.AskAsync(OpenRouterModel)).Text);
    }

    [Theory]
    [InlineData(429, "data: {\"error\":{\"message\":\"All is spent\",\"code\":\"insufficient_quota\"}}\n\ndata: [DONE]\n\n", "QuotaSpent: All is spent")]
    [InlineData(400, "event: error\r\ndata: {\"error\":{\"message\":\"No such voice\",\"code\":400}}\r\n\r\n", "InvalidRequest: No such voice")]
    [InlineData(400, "data: {\ndata:   \"error\": {\"message\": \"No such voice\"}\ndata: }\n\n", "InvalidRequest: No such voice")]
    [InlineData(400, "data: {\"error\":{\"message\":\"No such voice\"}}\n\ndata: {\"usage\":null}\n\n", "InvalidRequest: No such voice")]
    [InlineData(400, "error: {\"code\":400,\"message\":\"No such voice\"}\n\n", "InvalidRequest: No such voice")]
    [InlineData(400, "\ufeff{\"error\":{\"message\":\"Too long.\",\"code\":\"context_length_exceeded\"}}", "ContextTooLong")]
    [InlineData(403, "\ufeff<!doctype html><title>Hotel</title>", "WebPage: Hotel")]
    [InlineData(400, "Error 400: {\"error\":{\"message\":\"No such voice\"}}", "InvalidRequest: No such voice")]
    [InlineData(400, "Error 400 at {voice}", "InvalidRequest: Error 400 at {voice}")]
    [InlineData(400, "Wrong value: {\"voice\":1}", "InvalidRequest: Wrong value: {\"voice\":1}")]
    [InlineData(400, "\"No such voice\"", "InvalidRequest: No such voice")]
    public async Task An_error_is_found_in_events_behind_a_mark_and_behind_words(int status, string body, string facts)
    {
        Emulator.Script(LlmScript.Respond(status, body));

        await AssertFailsOnceAsync(facts);
    }

    [Theory]
    [InlineData("""[\"No such voice\"]""")]
    [InlineData("""{\"errors\":[\"No such voice\"]}""")]
    [InlineData("""{\"error\":[\"No such voice\"]}""")]
    [InlineData("""{\"title\":\"No such voice\",\"status\":400}""")] // RFC 9457
    [InlineData("""{\"type\":\"about:blank\",\"title\":\"Bad Request\",\"status\":400,\"detail\":\"No such voice\"}""")]
    [InlineData("""{\"error\":{\"type\":\"invalid\",\"description\":\"No such voice\"}}""")]
    [InlineData("""{\"Message\":\"No such voice\"}""")] // AWS
    [InlineData("""{\"Error\":{\"Message\":\"No such voice\"}}""")]
    [InlineData("""data: {\"error\":{\"message\":\"No such voice\"}}\n\n""")]
    [InlineData("""ERROR 400: {\"message\":\"No such voice\"}""")]
    [InlineData("""\u0022{\\\"error\\\":{\\\"message\\\":\\\"No such voice\\\"}}\u0022""")] // twice encoded
    [InlineData("""{\"error\":{\"message\":\"{\\\"error\\\":{\\\"message\\\":\\\"No such voice\\\"}}\"}}""")]
    public async Task The_words_of_the_provider_behind_are_found_however_deep_they_are(string raw)
    {
        Emulator.Script(LlmScript.Respond(400, OpenRouterError(400, "Provider returned error", $$"""{"raw":"{{raw}}","provider_name":"P"}""")));

        await AssertFailsOnceAsync("InvalidRequest: No such voice");
    }

    [Theory]
    [InlineData("""{"choices":[],"code":400,"message":"No such voice"}""", "InvalidRequest: No such voice")]
    [InlineData("""{"choices":[],"object":"error","message":"No such voice","code":400}""", "InvalidRequest: No such voice")]
    [InlineData("""{"id":"","choices":[],"detail":"No such voice"}""", "Stopped: No such voice")]
    [InlineData("""{"errors":[{"detail":"No such voice","status":"400"}]}""", "InvalidRequest: No such voice")]
    [InlineData("""{"errors":["No such voice"]}""", "Stopped: No such voice")]
    [InlineData("""{"title":"No such voice","status":400}""", "InvalidRequest: No such voice")]
    [InlineData("""{"ok":false,"error_code":400,"description":"No such voice"}""", "InvalidRequest: No such voice")]
    [InlineData("""{"Code":"400","Message":"No such voice"}""", "Stopped: No such voice")]
    [InlineData("""{"errorMessage":"No such voice","errorType":"ValueError"}""", "Stopped: No such voice")]
    [InlineData("""{"err":"No such voice"}""", "Stopped: No such voice")]
    [InlineData("""{"exception":"No such voice"}""", "Stopped: No such voice")]
    [InlineData("""{"type":"response.failed","response":{"status":"failed","error":{"code":"invalid_prompt","message":"No such voice"}}}""", "InvalidRequest: No such voice")]
    [InlineData("""{"choices":[{"index":0,"finish_reason":"error","message":"No such voice"}]}""", "Stopped: No such voice")]
    [InlineData("""{"message":"No such voice","code":400,"choices":[{"index":0,"delta":{},"finish_reason":"error"}]}""", "InvalidRequest: No such voice")]
    public async Task An_error_event_that_does_not_call_itself_one_is_no_empty_answer(string error, string facts)
    {
        Emulator.Script(LlmScript.Of(Event(error), Event("[DONE]")));

        await AssertFailsOnceAsync(facts);
    }

    [Theory]
    [InlineData("""{"choices":[],"prompt_filter_results":[{"prompt_index":0}]}""")] // Azure
    [InlineData("""{"choices":[],"prompt_progress":{"total":10,"processed":5}}""")] // llama.cpp
    [InlineData("""{"choices":[],"error":{},"usage":{"prompt_tokens":4,"completion_tokens":2}}""")]
    [InlineData("""{"id":"1","object":"chat.completion.chunk","choices":[],"usage":{"prompt_tokens":4,"completion_tokens":2}}""")]
    [InlineData("""{"event":{"type":"status","data":{"description":"Searching"}}}""")] // Open WebUI
    [InlineData("""{"type":"title","title":"A greeting"}""")]
    [InlineData("""{"type":"response.created","response":{"status":"in_progress","error":null}}""")]
    public async Task An_event_beside_the_answer_is_no_error(string notice)
    {
        Emulator.Script(LlmScript.Of(Event(notice), OpenRouterChunk("Hello", "stop"), Event(notice), Event("[DONE]")));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.Equal(("Hello", FinishReason.Stop, ""), (answer.Text, answer.Finished?.FinishReason, answer.Facts));
    }
}
