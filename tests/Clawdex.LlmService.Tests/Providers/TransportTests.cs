using System.Text;
using Clawdex.Llm.V1;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.LlmService.Tests.Hosting;
using Grpc.Core;
using static Clawdex.LlmService.Tests.Hosting.Wires;

namespace Clawdex.LlmService.Tests.Providers;

/// <summary>Cases 62 to 65: SSE and HTTP at their edges.</summary>
public sealed class TransportTests : ServiceTest
{
    private const string Chunk = """{"choices":[{"index":0,"delta":{"content":"Hi"},"finish_reason":"stop"}]}""";

    [Theory]
    [InlineData("event: message\nid: 7\nretry: 10\nfuture: x\ndata: CHUNK\n\n")] // 62: other fields
    [InlineData("data\ndata:CHUNK\n\n")] // 62: a field without a colon; no space after the colon
    [InlineData("data: {\"choices\":\ndata: [{\"index\":0,\"delta\":{\"content\":\"Hi\"},\ndata: \"finish_reason\":\"stop\"}]}\n\n")] // 62: one payload on several lines
    [InlineData("event: ping\n\ndata: CHUNK\n\n")] // 62: an event without data
    [InlineData("data: ping\n\ndata: CHUNK\n\n")] // words that only keep the stream alive
    [InlineData("id: \0\nretry: 1x\ndata: CHUNK\n\n")] // 62
    [InlineData("\ufeffdata: CHUNK\n\n")] // byte order mark
    [InlineData(": comment\rdata: CHUNK\r\r")] // 63: carriage returns only
    [InlineData(": comment\r\ndata: CHUNK\n\r\n")] // mixed line ends
    [InlineData("data: CHUNK\n")] // 63: no blank line at the end
    [InlineData("data: CHUNK")] // 63: not even a line end
    public async Task Any_legal_and_nearly_legal_framing_reads_the_same(string stream)
    {
        Emulator.Script(LlmScript.Raw(stream.Replace("CHUNK", Chunk, StringComparison.Ordinal)));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.Equal(("Hi", FinishReason.Stop), (answer.Text, answer.Finished?.FinishReason));
    }

    [Fact] // 62
    public async Task Line_separators_inside_a_string_split_nothing()
    {
        Emulator.Script(LlmScript.Raw("data: {\"choices\":[{\"delta\":{\"content\":\"a\u2028b\u2029c\u0085d\"},\"finish_reason\":\"stop\"}]}\n\n"));

        Assert.Equal("a\u2028b\u2029c\u0085d", (await Service.AskAsync(OpenRouterModel)).Text);
    }

    [Fact] // 63
    public async Task A_line_without_end_is_stopped()
    {
        const int MiB = 1024 * 1024;
        var megabyte = new ScriptStep.Raw(new string('x', MiB));
        Emulator.Script(LlmScript.Of(
            [new ScriptStep.Text("Begin"), new ScriptStep.Raw("data: {\"a\":\""), .. Enumerable.Repeat(megabyte, 50)]));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.Equal(("Begin", FinishReason.Interrupted), (answer.Text, answer.Finished?.FinishReason));
        Assert.Equal("Overlong", answer.Facts);
        Assert.False((await Assert.Single(Emulator.Chats).Ended.WaitAsync(Cancelled)).Completed);
    }

    [Fact] // 63
    public async Task A_long_line_below_the_limit_is_read()
    {
        var text = new string('x', 900_000);
        Emulator.Script(LlmScript.Of(OpenRouterChunk(text, "stop")));

        Assert.Equal(text, (await Service.AskAsync(OpenRouterModel)).Text);
    }

    [Fact] // 63
    public async Task An_event_of_endless_lines_is_stopped()
    {
        var line = new ScriptStep.Raw($"data: {new string('x', 1000)}\n".PadRight(1000));
        Emulator.Script(LlmScript.Of([.. Enumerable.Repeat(line, 40_000)]));

        Assert.Equal("Overlong", (await Service.AskAsync(OpenRouterModel)).Facts);
    }

    [Fact] // 63
    public async Task Invalid_bytes_in_a_text_become_replacement_characters()
    {
        byte[] stream =
        [
            .. "data: {\"choices\":[{\"delta\":{\"content\":\"a"u8, 0xC3, 0x28, 0xFF, .. "b \\u00e9\\n\\\"\"},\"finish_reason\":\"stop\"}]}\n\n"u8,
        ];
        Emulator.Script(LlmScript.Of(new ScriptStep.Raw(Base64: Convert.ToBase64String(stream))));

        Assert.Equal("a\ufffd(\ufffdb é\n\"", (await Service.AskAsync(OpenRouterModel)).Text);
    }

    [Theory] // 63
    [InlineData("data: {\"choices\":[}\n\n")]
    [InlineData("data: [1,2\n\n")]
    [InlineData("data: {\"a\":\"\\x\"}\n\n")]
    public async Task Broken_JSON_ends_the_answer_and_nothing_else(string broken)
    {
        Emulator.Script(LlmScript.Of(new ScriptStep.Text("Half"), new ScriptStep.Raw(broken), new ScriptStep.Finish()));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.Equal(("Half", FinishReason.Interrupted), (answer.Text, answer.Finished?.FinishReason));
        Assert.Equal("Unreadable", answer.Facts);
        Assert.Equal("Hello again", (await Service.AskAsync(OpenRouterModel, "echo Hello again")).Text);
    }

    [Theory] // 64
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    [InlineData("deflate", "raw")]
    public async Task A_compression_that_nobody_asked_for_is_undone(string coding, string form = "")
    {
        Emulator.Script(LlmScript.Of(
            new ScriptStep.Respond(200, Headers: new Dictionary<string, string> { ["Content-Encoding"] = coding }),
            new ScriptStep.Raw(Base64: Convert.ToBase64String(Compression.Compress($"{form}{coding}", Encoding.UTF8.GetBytes($"data: {Chunk}\n\n"))))));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.Equal(("Hi", FinishReason.Stop), (answer.Text, answer.Finished?.FinishReason));
        Assert.DoesNotContain("accept-encoding", Assert.Single(Emulator.Chats).Headers.Keys);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("none")]
    public async Task A_finish_reason_that_says_there_is_none_is_no_end(string reason)
    {
        Emulator.Script(LlmScript.Of(OpenRouterChunk("Hel", reason), OpenRouterChunk("lo", reason)));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.Equal(("Hello", FinishReason.Interrupted, "CutOff"), (answer.Text, answer.Finished?.FinishReason, answer.Facts));
    }

    [Fact] // 64
    public async Task Compressed_nonsense_is_an_error_like_any_other()
    {
        Emulator.Script(LlmScript.Of(
            new ScriptStep.Respond(200, Headers: new Dictionary<string, string> { ["Content-Encoding"] = "gzip" }),
            new ScriptStep.Raw("this is not gzip")));

        Assert.Equal(StatusCode.Unavailable, (await Service.AskAsync(OpenRouterModel)).Status.StatusCode);
    }

    [Theory] // 64
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(307)]
    public async Task A_redirect_is_not_followed_because_the_key_would_go_along(int status)
    {
        Emulator.Script(LlmScript.Respond(status, "", ("Location", $"{Emulator.BaseAddress}elsewhere")));

        var answer = await Service.AskAsync(GeminiModel);

        Assert.Equal(
            new Status(StatusCode.FailedPrecondition, "Redirected"), answer.Status);
        Assert.Single(Emulator.Requests);
    }

    [Theory] // 64
    [InlineData("text/event-stream; charset=utf-8", true)]
    [InlineData("TEXT/EVENT-STREAM", true)]
    [InlineData("text/plain", true)]
    [InlineData("", true)]
    [InlineData("text/html; charset=utf-8", false)]
    public async Task A_web_page_in_place_of_a_stream_is_told_apart(string contentType, bool isStream)
    {
        Emulator.Script(LlmScript.Of(
            new ScriptStep.Respond(200, Headers: new Dictionary<string, string> { ["Content-Type"] = contentType }),
            new ScriptStep.Raw(isStream ? $"data: {Chunk}\n\n" : "<html>Please log in to the hotel's network</html>")));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.Equal(isStream ? "Hi" : "", answer.Text);
        Assert.Equal(isStream ? "" : "WebPage", answer.Facts);
    }

    [Fact] // 65
    public async Task A_server_that_half_closes_interrupts_the_answer()
    {
        Emulator.Script(LlmScript.Of(new ScriptStep.Text("Half"), new ScriptStep.HalfClose()));

        var answer = await Service.AskAsync(OpenRouterModel);

        Assert.Equal(("Half", FinishReason.Interrupted), (answer.Text, answer.Finished?.FinishReason));
        Assert.False((await Assert.Single(Emulator.Chats).Ended.WaitAsync(Cancelled)).Completed);
    }

    [Fact]
    public async Task A_connection_serves_one_chat_after_another()
    {
        var ports = new HashSet<string>();
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("ok", (await Service.AskAsync(OpenRouterModel, "echo ok")).Text);
            ports.Add(Emulator.Chats[^1].Connection);
        }

        Assert.Single(ports);
    }
}
