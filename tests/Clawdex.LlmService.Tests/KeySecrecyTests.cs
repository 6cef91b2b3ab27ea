using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Runtime.ExceptionServices;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.LlmService.Tests.Hosting;
using Clawdex.Testing;
using Microsoft.Extensions.Logging;
using static Clawdex.LlmService.Tests.Hosting.Wires;

namespace Clawdex.LlmService.Tests;

/// <summary>
/// The keys appear in no log, span, metric, exception or status, whatever goes wrong, even when the provider itself repeats
/// the key in its answer.
/// </summary>
public sealed class KeySecrecyTests : ServiceTest
{
    /// <summary>Shorter pieces than this identify no key.</summary>
    private const int TellingLength = 12;

    protected override IEnumerable<(string Key, string Value)> Settings => [("llm:retryAttempts", "0"), (LlmServiceHost.LogEverything, "true")];

    [Fact]
    public async Task No_key_shows_up_anywhere_in_any_error_case()
    {
        var seen = new ConcurrentQueue<string>();
        using var spans = ListenToSpans(seen);
        using var metrics = ListenToMetrics(seen);
        void Note(object? sender, FirstChanceExceptionEventArgs e) => seen.Enqueue(e.Exception.ToString());
        AppDomain.CurrentDomain.FirstChanceException += Note;
        try
        {
            foreach (var (model, key) in (IEnumerable<(string, string)>)[(GeminiModel, TestKeys.Gemini), (OpenRouterModel, TestKeys.OpenRouter)])
            {
                foreach (var script in ErrorCases(key))
                {
                    Emulator.Script(script);
                    var answer = await Service.AskAsync(model);
                    seen.Enqueue($"{answer.Status} {answer.Finished} {string.Join(' ', answer.Trailers)}");
                }
            }
        }
        finally
        {
            AppDomain.CurrentDomain.FirstChanceException -= Note;
        }

        Assert.Contains(Service.Logs.GetSnapshot(), entry => entry.Level is LogLevel.Trace);
        Assert.All(Emulator.Chats, request => Assert.True(request.KeyPresent));
        var all = seen.Concat(Service.Logs.GetSnapshot().Select(entry => entry.Text())).ToList();
        Assert.Contains(all, text => text.StartsWith("span chat ", StringComparison.Ordinal));
        Assert.Contains(all, text => text.StartsWith("metric gen_ai.client.operation.duration", StringComparison.Ordinal));
        foreach (var key in (string[])[TestKeys.Gemini, TestKeys.OpenRouter])
        {
            foreach (var piece in Pieces(key))
                Assert.DoesNotContain(all, text => text.Contains(piece, StringComparison.Ordinal));
        }
    }

    private static IEnumerable<LlmScript> ErrorCases(string key)
    {
        foreach (var status in (int[])[400, 401, 402, 403, 404, 408, 413, 422, 429, 500, 502, 503, 524, 302])
        {
            yield return LlmScript.Respond(status, GeminiError(status, "X", $"Incorrect API key provided: {key}. Bearer {key}"), ("X-Echo", key));
            yield return LlmScript.Respond(status, $"<html>{key}</html>");
            yield return LlmScript.Respond(status, OpenRouterError(status, new string('x', 230) + key));
        }

        yield return LlmScript.Of(new ScriptStep.Text("Half"), Event(GeminiError(503, "X", key)));
        yield return LlmScript.Of(new ScriptStep.Text("Half"), Event(GeminiError(400, "X", $"key={key}")));
        yield return LlmScript.Of(Event($$$"""{"choices":[{"finish_reason":"{{{key}}}"}],"candidates":[{"finishReason":"{{{key}}}"}]}"""));
        yield return LlmScript.Of(Event($$$"""{"promptFeedback":{"blockReason":"{{{key}}}"}}"""));
        yield return LlmScript.Raw($"data: {{{key}\n\n");
        yield return LlmScript.Raw(key);
        yield return LlmScript.Of(new ScriptStep.Text("Half"), new ScriptStep.Cut());
        yield return LlmScript.Of(new ScriptStep.Cut());
    }

    private static IEnumerable<string> Pieces(string key) =>
        Enumerable.Range(0, key.Length - TellingLength + 1).Select(start => key.Substring(start, TellingLength));

    private static ActivityListener ListenToSpans(ConcurrentQueue<string> seen)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span => seen.Enqueue(
                $"span {span.DisplayName} {span.StatusDescription} {string.Join(' ', span.TagObjects)} {string.Join(' ', span.Baggage)} "
                    + string.Join(' ', span.Events.Select(happening => $"{happening.Name} {string.Join(' ', happening.Tags)}"))),
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private static MeterListener ListenToMetrics(ConcurrentQueue<string> seen)
    {
        var listener = new MeterListener { InstrumentPublished = (instrument, listener) => listener.EnableMeasurementEvents(instrument) };
        void Note<T>(Instrument instrument, T value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state) =>
            seen.Enqueue($"metric {instrument.Name} {string.Join(' ', tags.ToArray())}");
        listener.SetMeasurementEventCallback<long>(Note);
        listener.SetMeasurementEventCallback<double>(Note);
        listener.SetMeasurementEventCallback<int>(Note);
        listener.Start();
        return listener;
    }
}
