using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.LlmService.Tests.Hosting;

namespace Clawdex.LlmService.Tests;

/// <summary>A chat leaves the span and the metrics of OpenTelemetry's conventions for generative AI.</summary>
public sealed class LlmTelemetryTests : ServiceTest
{
    [Fact]
    public async Task A_chat_is_one_span_with_model_provider_and_usage()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = Listen(spans);
        Emulator.Script(LlmScript.Reply("Hi"));

        using var root = new Activity("test").SetParentId(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom()).Start();
        await Service.AskAsync(GeminiModel);

        var all = await WaitForAsync(spans, span => span.TraceId == root.TraceId && span.Source.Name == "Clawdex.LlmService");
        Assert.Equal(("chat gemini-2.5-flash", ActivityKind.Client), (all.DisplayName, all.Kind));
        Assert.Equal("gcp.gemini", all.GetTagItem("gen_ai.provider.name"));
        Assert.Equal("gemini-2.5-flash", all.GetTagItem("gen_ai.request.model"));
        Assert.Equal("gemini-2.5-flash", all.GetTagItem("gen_ai.response.model"));
        Assert.Equal((12, 34), (all.GetTagItem("gen_ai.usage.input_tokens"), all.GetTagItem("gen_ai.usage.output_tokens")));
        Assert.Equal(["stop"], Assert.IsType<string[]>(all.GetTagItem("gen_ai.response.finish_reasons")));
        Assert.Equal(("127.0.0.1", Emulator.BaseAddress.Port), (all.GetTagItem("server.address"), all.GetTagItem("server.port")));
        Assert.Equal(ActivityStatusCode.Unset, all.Status);
        var http = Assert.Single(spans, span => span.ParentSpanId == all.SpanId);
        Assert.Equal("System.Net.Http", http.Source.Name);
    }

    [Fact]
    public async Task A_failed_chat_says_why()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = Listen(spans);
        Emulator.Script(LlmScript.Respond(503, ""));

        using var root = new Activity("test").SetParentId(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom()).Start();
        await Service.AskAsync(OpenRouterModel);

        var span = await WaitForAsync(spans, span => span.TraceId == root.TraceId && span.Source.Name == "Clawdex.LlmService");
        Assert.Equal((ActivityStatusCode.Error, "Overloaded"), (span.Status, span.GetTagItem("error.type")));
    }

    [Fact]
    public async Task A_chat_that_its_caller_cancels_is_no_error()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = Listen(spans);
        Emulator.Script(LlmScript.Of(new ScriptStep.Text("Once"), new ScriptStep.Hold("rest"), new ScriptStep.Finish()));

        using var root = new Activity("test").SetParentId(ActivityTraceId.CreateRandom(), ActivitySpanId.CreateRandom()).Start();
        using (var call = Service.Client.StreamChat(AnswerReading.Question(GeminiModel, "A story, please"), cancellationToken: Cancelled))
        {
            while (await call.ResponseStream.MoveNext(Cancelled) && call.ResponseStream.Current.Delta is null)
                continue;
        }

        var span = await WaitForAsync(spans, span => span.TraceId == root.TraceId && span.Source.Name == "Clawdex.LlmService");
        Assert.Equal(ActivityStatusCode.Unset, span.Status);
        Assert.Equal(["cancelled"], Assert.IsType<string[]>(span.GetTagItem("gen_ai.response.finish_reasons")));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("false")]
    [InlineData("")]
    public async Task Messages_are_recorded_only_where_somebody_asks_for_it(string? setting)
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = Listen(spans);
        await using var quiet = LlmServiceHost.Start(Emulator, null, setting is null ? [] : [(Capture, setting)]);
        await using var open = LlmServiceHost.Start(Emulator, null, (Capture, "true"));
        Emulator.Script(LlmScript.Reply("Forty-two."), LlmScript.Reply("Forty-two."));

        using var root = new Activity("quiet").Start();
        await quiet.AskAsync(GeminiModel, "What is the answer?");
        var span = await WaitForAsync(spans, span => span.TraceId == root.TraceId && span.Source.Name == "Clawdex.LlmService");
        Assert.DoesNotContain(span.TagObjects, tag => tag.Value?.ToString()?.Contains("answer", StringComparison.Ordinal) == true);
        root.Stop();

        using var openRoot = new Activity("open").Start();
        await open.AskAsync(GeminiModel, "What is the answer?");
        span = await WaitForAsync(spans, span => span.TraceId == openRoot.TraceId && span.Source.Name == "Clawdex.LlmService");
        Assert.Equal("""[{"role":"user","parts":[{"content":"What is the answer?","type":"text"}]}]""", span.GetTagItem("gen_ai.input.messages"));
        Assert.Equal("""[{"role":"assistant","parts":[{"content":"Forty-two.","type":"text"}],"finish_reason":"stop"}]""", span.GetTagItem("gen_ai.output.messages"));
    }

    private const string Capture = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT";

    [Fact]
    public async Task Tokens_duration_and_first_chunk_are_measured()
    {
        var measured = new ConcurrentDictionary<string, double>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, meter) =>
        {
            if (instrument.Meter.Name == "Clawdex.LlmService")
                meter.EnableMeasurementEvents(instrument);
        };
        void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var list = tags.ToArray();
            if (list.Contains(new("server.port", Emulator.BaseAddress.Port)))
                measured[$"{instrument.Name} {list.FirstOrDefault(tag => tag.Key == "gen_ai.token.type").Value}".Trim()] = value;
        }

        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.Start();
        Emulator.Script(LlmScript.Reply("Hi"));

        await Service.AskAsync(OpenRouterModel);
        await Service.AskAsync(OpenRouterModel, "echo the first one is over");

        Assert.Contains("gen_ai.client.operation.duration", measured);
        Assert.Contains("gen_ai.client.operation.time_to_first_chunk", measured);
        Assert.Contains("gen_ai.client.token.usage input", measured);
        Assert.Contains("gen_ai.client.token.usage output", measured);
    }

    private static ActivityListener Listen(ConcurrentQueue<Activity> spans)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    /// <summary>The service ends its span when the client may already have the whole answer; another call comes after it.</summary>
    private async Task<Activity> WaitForAsync(ConcurrentQueue<Activity> spans, Func<Activity, bool> wanted)
    {
        for (var i = 0; i < 50 && !spans.Any(wanted); i++)
            await Service.AskAsync(GeminiModel, "echo later");
        return spans.First(wanted);
    }
}
