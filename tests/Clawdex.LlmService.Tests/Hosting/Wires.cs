using System.Text.Json.Nodes;
using Clawdex.LlmEmulator.Scripts;

namespace Clawdex.LlmService.Tests.Hosting;

/// <summary>Pieces of the providers' streams, written down as their documentation shows them.</summary>
internal static class Wires
{
    public static ScriptStep.Data GeminiChunk(string text, string? finishReason = null) => new(new JsonObject
    {
        ["candidates"] = new JsonArray(Candidate(text, finishReason)),
    }.ToJsonString());

    public static ScriptStep.Data OpenRouterChunk(string? content, string? finishReason = null) => new(new JsonObject
    {
        ["choices"] = new JsonArray(new JsonObject
        {
            ["index"] = 0,
            ["delta"] = new JsonObject { ["content"] = content },
            ["finish_reason"] = finishReason,
        }),
    }.ToJsonString());

    public static ScriptStep.Data Event(string json) => new(json);

    /// <summary>A Gemini error body with these details.</summary>
    public static string GeminiError(int code, string status, string message, string details = "[]") =>
        $$$"""{"error":{"code":{{{code}}},"message":{{{JsonValue.Create(message).ToJsonString()}}},"status":"{{{status}}}","details":{{{details}}}}}""";

    public static string OpenRouterError(int code, string message, string metadata = "{}") =>
        $$$"""{"error":{"code":{{{code}}},"message":{{{JsonValue.Create(message).ToJsonString()}}},"metadata":{{{metadata}}}},"user_id":"u"}""";

    private static JsonObject Candidate(string text, string? finishReason)
    {
        var candidate = new JsonObject
        {
            ["content"] = new JsonObject { ["role"] = "model", ["parts"] = new JsonArray(new JsonObject { ["text"] = text }) },
            ["index"] = 0,
        };
        if (finishReason is not null)
            candidate["finishReason"] = finishReason;
        return candidate;
    }
}
