using System.Text.Json;
using System.Text.Json.Nodes;
using Clawdex.LlmEmulator.Requests;
using Clawdex.LlmEmulator.Scripts;

namespace Clawdex.LlmEmulator.Wire;

/// <summary>Google's <c>streamGenerateContent?alt=sse</c>: CRLF frames, cumulative usage, no end marker but the finish reason.</summary>
internal sealed class GeminiWire : IWireFormat
{
    public LlmWire Wire => LlmWire.Gemini;

    public string LineEnd => "\r\n";

    public IReadOnlyDictionary<string, string> Headers { get; } =
        new Dictionary<string, string> { ["Server-Timing"] = "gfet4t7; dur=1" };

    public IReadOnlyList<ScriptStep> Opening => [];

    public static ParsedRequest Parse(string model, JsonElement body)
    {
        var contents = body.TryGetProperty("contents", out var list) ? list.EnumerateArray() : default;
        return new ParsedRequest(
            model,
            body.TryGetProperty("systemInstruction", out var system) ? TextOf(system) : "",
            [.. contents.Select(content => new LlmRequestMessage(content.GetProperty("role").GetString() ?? "", TextOf(content)))]);
    }

    public JsonObject Text(string model, string text) => Chunk(model, new JsonObject { ["text"] = text }, null);

    public JsonObject Thought(string model, string text) =>
        Chunk(model, new JsonObject { ["text"] = text, ["thought"] = true }, null);

    public IEnumerable<string> Finish(string model, string? reason, int promptTokens, int completionTokens)
    {
        var last = Chunk(model, new JsonObject { ["text"] = "" }, reason ?? "STOP");
        last["usageMetadata"] = new JsonObject
        {
            ["promptTokenCount"] = promptTokens,
            ["candidatesTokenCount"] = completionTokens,
            ["totalTokenCount"] = promptTokens + completionTokens,
        };
        yield return WireJson.Write(last);
    }

    public JsonObject MidStreamError(string model) => ErrorObject(503, "UNAVAILABLE", "The model is overloaded. Please try again later.", []);

    public ErrorAnswer Error(int status, int? retryAfterSeconds)
    {
        var (code, name, message) = status switch
        {
            400 or 401 => (400, "INVALID_ARGUMENT", "API key not valid. Please pass a valid API key."),
            402 => (402, "RESOURCE_EXHAUSTED", "Your prepayment credits are depleted."),
            403 => (403, "PERMISSION_DENIED", "Your API key was reported as leaked. Please use another API key."),
            404 => (404, "NOT_FOUND", "The model is not found for API version v1beta."),
            429 => (429, "RESOURCE_EXHAUSTED", "You exceeded your current quota, please check your plan and billing details."),
            500 => (500, "INTERNAL", "An internal error has occurred. Please retry."),
            504 => (504, "DEADLINE_EXCEEDED", "The request timed out. Please try again."),
            _ => (status, "UNAVAILABLE", "The model is overloaded. Please try again later."),
        };
        JsonArray details = code switch
        {
            400 => [ErrorInfo("API_KEY_INVALID")],
            429 => QuotaDetails(retryAfterSeconds ?? 2),
            _ => [],
        };
        return new ErrorAnswer(code, WireJson.Write(ErrorObject(code, name, message, details)), new Dictionary<string, string>());
    }

    private static JsonObject Chunk(string model, JsonObject part, string? finishReason)
    {
        var candidate = new JsonObject
        {
            ["content"] = new JsonObject { ["parts"] = new JsonArray(part), ["role"] = "model" },
            ["index"] = 0,
        };
        if (finishReason is not null)
            candidate["finishReason"] = finishReason;
        return new JsonObject
        {
            ["candidates"] = new JsonArray(candidate),
            ["modelVersion"] = model,
            ["responseId"] = "emulated-response",
        };
    }

    private static JsonObject ErrorObject(int code, string status, string message, JsonArray details)
    {
        var error = new JsonObject { ["code"] = code, ["message"] = message, ["status"] = status };
        if (details.Count > 0)
            error["details"] = details;
        return new JsonObject { ["error"] = error };
    }

    private static JsonObject ErrorInfo(string reason) => new()
    {
        ["@type"] = "type.googleapis.com/google.rpc.ErrorInfo",
        ["reason"] = reason,
        ["domain"] = "googleapis.com",
    };

    private static JsonArray QuotaDetails(int retryAfterSeconds) =>
    [
        new JsonObject
        {
            ["@type"] = "type.googleapis.com/google.rpc.QuotaFailure",
            ["violations"] = new JsonArray(new JsonObject { ["quotaId"] = "GenerateRequestsPerMinutePerProjectPerModel-FreeTier" }),
        },
        new JsonObject { ["@type"] = "type.googleapis.com/google.rpc.RetryInfo", ["retryDelay"] = $"{retryAfterSeconds}s" },
    ];

    private static string TextOf(JsonElement content) =>
        content.TryGetProperty("parts", out var parts)
            ? string.Concat(parts.EnumerateArray().Select(part => part.TryGetProperty("text", out var text) ? text.GetString() : ""))
            : "";
}
