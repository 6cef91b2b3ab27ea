using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Clawdex.LlmService.Providers;

namespace Clawdex.LlmService.Chats;

/// <summary>
/// The span and the metrics of asking one model, retries included. Ended by <see cref="Dispose"/>; if that comes before any
/// end of the answer, the caller has cancelled, which is no error, or something broke, which is one.
/// </summary>
/// <remarks>
/// Where somebody switched it on, the span has what was asked and answered, too, as OpenTelemetry's conventions for generative AI and
/// the Aspire dashboard have it: these are people's private messages.
/// </remarks>
internal sealed class ChatSpan : IDisposable
{
    /// <summary>Characters of an answer that are recorded; what follows is left out.</summary>
    private const int LongestAnswer = 100_000;

    private readonly TimeProvider _timeProvider;
    private readonly CancellationToken _cancellationToken;
    private readonly long _start;
    private readonly TagList _tags;

    // The answer so far; null = it is not to be recorded.
    private readonly StringBuilder? _answer;
    private bool _firstChunkSeen;
    private bool _ended;
    private string? _errorType;

    /// <param name="captureContent">Record the messages themselves, too.</param>
    public ChatSpan(IChatProvider provider, ChatRequest request, bool captureContent, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        (_timeProvider, _cancellationToken) = (timeProvider, cancellationToken);
        _start = timeProvider.GetTimestamp();
        _tags =
        [
            new("gen_ai.operation.name", "chat"),
            new("gen_ai.provider.name", provider.TelemetryName),
            new("gen_ai.request.model", request.ModelId),
            new("server.address", provider.Address.Host),
            new("server.port", provider.Address.Port),
        ];
        Activity = LlmTelemetry.Source.StartActivity($"chat {request.ModelId}", ActivityKind.Client, parentContext: default, _tags);
        if (!captureContent || Activity is not { IsAllDataRequested: true } span)
            return;
        _answer = new StringBuilder();
        if (request.SystemPrompt.Length > 0)
            span.SetTag("gen_ai.system_instructions", Parts(request.SystemPrompt).ToJsonString());
        var messages = request.Turns.Select(turn => Message(turn.Role is ChatRole.User ? "user" : "assistant", turn.Text));
        span.SetTag("gen_ai.input.messages", new JsonArray([.. messages]).ToJsonString());
    }

    public Activity? Activity { get; }

    public void Delta(string text)
    {
        if (_answer is { Length: < LongestAnswer })
            _answer.Append(text);
        if (_firstChunkSeen)
            return;
        _firstChunkSeen = true;
        Activity?.AddEvent(new ActivityEvent("clawdex.first_token"));
        LlmTelemetry.TimeToFirstChunk.Record(Seconds, _tags);
    }

    public void Finished(ChatEvent.Finished finished)
    {
        _errorType = finished.Reason is FinishReason.Interrupted ? "interrupted" : null;
        Activity?.SetTag("gen_ai.response.model", finished.Model);
        End(NameOf(finished.Reason));
        if (finished.Usage is not { } usage)
            return;
        Activity?.SetTag("gen_ai.usage.input_tokens", usage.PromptTokens);
        Activity?.SetTag("gen_ai.usage.output_tokens", usage.CompletionTokens);
        LlmTelemetry.TokenUsage.Record(usage.PromptTokens, [.. _tags, new("gen_ai.token.type", "input")]);
        LlmTelemetry.TokenUsage.Record(usage.CompletionTokens, [.. _tags, new("gen_ai.token.type", "output")]);
    }

    public void Failed(ProviderFailure failure)
    {
        _ended = true;
        _errorType = failure.Kind.ToString();
    }

    public void Dispose()
    {
        if (!_ended && _cancellationToken.IsCancellationRequested)
            End("cancelled");
        else if (!_ended)
            _errorType = "broken";

        var tags = _tags;
        if (_errorType is not null)
        {
            tags.Add("error.type", _errorType);
            Activity?.SetTag("error.type", _errorType);
            Activity?.SetStatus(ActivityStatusCode.Error);
        }

        LlmTelemetry.OperationDuration.Record(Seconds, tags);
        Activity?.Dispose();
    }

    private double Seconds => _timeProvider.GetElapsedTime(_start).TotalSeconds;

    private void End(string reason)
    {
        _ended = true;
        Activity?.SetTag("gen_ai.response.finish_reasons", new[] { reason });
        if (_answer is null)
            return;
        var message = Message("assistant", _answer.ToString());
        message["finish_reason"] = reason;
        Activity?.SetTag("gen_ai.output.messages", new JsonArray(message).ToJsonString());
    }

    private static JsonObject Message(string role, string text) => new() { ["role"] = role, ["parts"] = Parts(text) };

    private static JsonArray Parts(string text) => new(new JsonObject { ["content"] = text, ["type"] = "text" });

    private static string NameOf(FinishReason reason) => reason switch
    {
        FinishReason.Stop => "stop",
        FinishReason.Length => "length",
        FinishReason.ContentFilter => "content_filter",
        _ => "interrupted",
    };
}
