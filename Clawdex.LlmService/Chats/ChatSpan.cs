using System.Diagnostics;
using Clawdex.LlmService.Providers;

namespace Clawdex.LlmService.Chats;

/// <summary>The span and the metrics of asking one model, retries included. Ended by <see cref="Dispose"/>.</summary>
internal sealed class ChatSpan : IDisposable
{
    private readonly TimeProvider _timeProvider;
    private readonly long _start;
    private readonly TagList _tags;
    private bool _firstChunkSeen;
    private string? _errorType = "cancelled";

    public ChatSpan(IChatProvider provider, string modelId, TimeProvider timeProvider)
    {
        _timeProvider = timeProvider;
        _start = timeProvider.GetTimestamp();
        _tags =
        [
            new("gen_ai.operation.name", "chat"),
            new("gen_ai.provider.name", provider.TelemetryName),
            new("gen_ai.request.model", modelId),
            new("server.address", provider.Address.Host),
            new("server.port", provider.Address.Port),
        ];
        Activity = LlmTelemetry.Source.StartActivity($"chat {modelId}", ActivityKind.Client, parentContext: default, _tags);
    }

    public Activity? Activity { get; }

    public void FirstChunk()
    {
        if (_firstChunkSeen)
            return;
        _firstChunkSeen = true;
        LlmTelemetry.TimeToFirstChunk.Record(Seconds, _tags);
    }

    public void Finished(ChatEvent.Finished finished)
    {
        _errorType = finished.Reason is FinishReason.Interrupted ? "interrupted" : null;
        Activity?.SetTag("gen_ai.response.model", finished.Model);
        Activity?.SetTag("gen_ai.response.finish_reasons", new[] { NameOf(finished.Reason) });
        if (finished.Usage is not { } usage)
            return;
        Activity?.SetTag("gen_ai.usage.input_tokens", usage.PromptTokens);
        Activity?.SetTag("gen_ai.usage.output_tokens", usage.CompletionTokens);
        LlmTelemetry.TokenUsage.Record(usage.PromptTokens, [.. _tags, new("gen_ai.token.type", "input")]);
        LlmTelemetry.TokenUsage.Record(usage.CompletionTokens, [.. _tags, new("gen_ai.token.type", "output")]);
    }

    public void Failed(ProviderFailure failure) => _errorType = failure.Kind.ToString();

    public void Dispose()
    {
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

    private static string NameOf(FinishReason reason) => reason switch
    {
        FinishReason.Stop => "stop",
        FinishReason.Length => "length",
        FinishReason.ContentFilter => "content_filter",
        _ => "interrupted",
    };
}
