using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
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
            span.SetTag("gen_ai.system_instructions", Parts(request.SystemPrompt).ToJsonString());
        var messages = request.Turns.Select(turn => Message(turn.Role is ChatRole.User ? "user" : "assistant", turn.Text));
        span.SetTag("gen_ai.input.messages", new JsonArray([.. messages]).ToJsonString());
    }

    public void Append(string text)
    {
        if (_answer.Length < LongestAnswer)
            _answer.Append(text);
    }

    public void Finish(string reason)
    {
        var message = Message("assistant", _answer.ToString());
        message["finish_reason"] = reason;
        _span.SetTag("gen_ai.output.messages", new JsonArray(message).ToJsonString());
    }

    private static JsonObject Message(string role, string text) => new() { ["role"] = role, ["parts"] = Parts(text) };

    private static JsonArray Parts(string text) => new(new JsonObject { ["content"] = text, ["type"] = "text" });
}
