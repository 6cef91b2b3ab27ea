using System.Diagnostics;
using Clawdex.LlmService.Providers;

namespace Clawdex.LlmService.Chats;

/// <summary>
/// The span and the metrics of asking one model, retries included. Ended by <see cref="Dispose"/>; if that comes before any
/// end of the answer, the caller has cancelled, which is no error, or something broke, which is one.
/// </summary>
internal sealed class ChatSpan : IDisposable
{
    private readonly TimeProvider _timeProvider;
    private readonly CancellationToken _cancellationToken;
    private readonly long _start;
    private readonly TagList _tags;
    private readonly MessageContent? _content;
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
        _content = captureContent && Activity is { IsAllDataRequested: true } span ? new MessageContent(span, request) : null;
    }

    public Activity? Activity { get; }

    public void Delta(string text)
    {
        _content?.Append(text);
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
        _content?.Finish(reason);
    }

    private static string NameOf(FinishReason reason) => reason switch
    {
        FinishReason.Stop => "stop",
        FinishReason.Length => "length",
        FinishReason.ContentFilter => "content_filter",
        _ => "interrupted",
    };
}
