using System.Text.Json;
using System.Text.Json.Nodes;
using Clawdex.LlmEmulator.Requests;
using Clawdex.LlmEmulator.Scripts;

namespace Clawdex.LlmEmulator.Wire;

/// <summary>OpenRouter's <c>chat/completions</c>: LF frames, comments as keep-alive, usage in the last event, then <c>[DONE]</c>.</summary>
internal sealed class OpenRouterWire : IWireFormat
{
    private const string GenerationId = "gen-1700000000-emulated";

    public LlmWire Wire => LlmWire.OpenRouter;

    public string LineEnd => "\n";

    public IReadOnlyDictionary<string, string> Headers { get; } =
        new Dictionary<string, string> { ["X-Generation-Id"] = GenerationId };

    public IReadOnlyList<ScriptStep> Opening => [new ScriptStep.Comment()];

    public static ParsedRequest Parse(JsonElement body)
    {
        var messages = body.TryGetProperty("messages", out var list)
            ? list.EnumerateArray()
                .Select(message => new LlmRequestMessage(message.GetProperty("role").GetString() ?? "", TextOf(message)))
                .ToList()
            : [];
        return new ParsedRequest(
            body.TryGetProperty("model", out var model) ? model.GetString() ?? "" : "",
            string.Join('\n', messages.Where(message => message.Role == "system").Select(message => message.Content)),
            [.. messages.Where(message => message.Role != "system")]);
    }

    public JsonObject Text(string model, string text) => Chunk(model, new JsonObject { ["role"] = "assistant", ["content"] = text }, null);

    public JsonObject Thought(string model, string text) =>
        Chunk(model, new JsonObject { ["role"] = "assistant", ["content"] = "", ["reasoning"] = text }, null);

    public IEnumerable<string> Finish(string model, string? reason, int promptTokens, int completionTokens)
    {
        yield return WireJson.Write(Chunk(model, new JsonObject { ["role"] = "assistant", ["content"] = "" }, reason ?? "stop"));

        var usage = Chunk(model, null, null);
        usage["usage"] = new JsonObject
        {
            ["prompt_tokens"] = promptTokens,
            ["completion_tokens"] = completionTokens,
            ["total_tokens"] = promptTokens + completionTokens,
            ["cost"] = 0,
        };
        yield return WireJson.Write(usage);
        yield return "[DONE]";
    }

    public JsonObject MidStreamError(string model)
    {
        var chunk = Chunk(model, new JsonObject { ["role"] = "assistant", ["content"] = "" }, "error");
        chunk["error"] = new JsonObject { ["code"] = 502, ["message"] = "Provider disconnected unexpectedly" };
        return chunk;
    }

    public ErrorAnswer Error(int status, int? retryAfterSeconds)
    {
        var message = status switch
        {
            400 => "Invalid request parameters",
            401 => "User not found.",
            402 => "Insufficient credits. Add more using https://openrouter.ai/settings/credits",
            403 => "Your chosen model requires moderation and your input was flagged",
            404 => "No endpoints found for this model.",
            408 => "Request timed out",
            429 => "Rate limit exceeded",
            502 => "Provider returned error",
            _ => "No provider is available for this model",
        };
        var body = new JsonObject { ["error"] = new JsonObject { ["code"] = status, ["message"] = message } };
        return new ErrorAnswer(
            status,
            WireJson.Write(body),
            status is 429 or 503 ? new Dictionary<string, string> { ["Retry-After"] = $"{retryAfterSeconds ?? 2}" } : []);
    }

    private static JsonObject Chunk(string model, JsonObject? delta, string? finishReason)
    {
        var choices = delta is null
            ? new JsonArray()
            : new JsonArray(new JsonObject
            {
                ["index"] = 0,
                ["delta"] = delta,
                ["finish_reason"] = finishReason,
                ["native_finish_reason"] = finishReason,
            });
        return new JsonObject
        {
            ["id"] = GenerationId,
            ["object"] = "chat.completion.chunk",
            ["created"] = 1700000000,
            ["model"] = model,
            ["provider"] = "Emulator",
            ["choices"] = choices,
        };
    }

    private static string TextOf(JsonElement message) => message.GetProperty("content") switch
    {
        { ValueKind: JsonValueKind.String } text => text.GetString() ?? "",
        { ValueKind: JsonValueKind.Array } parts =>
            string.Concat(parts.EnumerateArray().Select(part => part.TryGetProperty("text", out var text) ? text.GetString() : "")),
        _ => "",
    };
}
