using System.Diagnostics;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Clawdex.LlmService.Providers;

namespace Clawdex.LlmService.Chats;

/// <summary>
/// Writes what was asked and answered into a chat's span, as OpenTelemetry's conventions for generative AI and the Aspire
/// dashboard have it. Exists only where somebody switched it on: these are people's private messages.
/// </summary>
internal sealed class MessageContent
{
    /// <summary>Characters of an answer; what follows is left out.</summary>
    private const int LongestAnswer = 100_000;

    private readonly Activity _span;
    private readonly StringBuilder _answer = new();

    public MessageContent(Activity span, ChatRequest request)
    {
        _span = span;
        if (request.SystemPrompt.Length > 0)
            span.SetTag("gen_ai.system_instructions", JsonSerializer.Serialize([new TextPart(request.SystemPrompt)], ContentJson.Default.TextPartArray));
        RecordedMessage[] messages = [.. request.Turns.Select(turn => new RecordedMessage(turn.Role is ChatRole.User ? "user" : "assistant", [new TextPart(turn.Text)]))];
        span.SetTag("gen_ai.input.messages", JsonSerializer.Serialize(messages, ContentJson.Default.RecordedMessageArray));
    }

    public void Append(string text)
    {
        if (_answer.Length < LongestAnswer)
            _answer.Append(text);
    }

    public void Finish(string reason)
    {
        RecordedMessage[] messages = [new("assistant", [new TextPart(_answer.ToString())]) { FinishReason = reason }];
        _span.SetTag("gen_ai.output.messages", JsonSerializer.Serialize(messages, ContentJson.Default.RecordedMessageArray));
    }
}

internal sealed record TextPart(string Content, string Type = "text");

internal sealed record RecordedMessage(string Role, TextPart[] Parts)
{
    public string? FinishReason { get; init; }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(TextPart[]))]
[JsonSerializable(typeof(RecordedMessage[]))]
internal sealed partial class ContentJson : JsonSerializerContext;
