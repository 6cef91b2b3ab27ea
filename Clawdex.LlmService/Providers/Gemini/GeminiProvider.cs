using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;

namespace Clawdex.LlmService.Providers.Gemini;

/// <summary>
/// Google's Gemini API, <c>streamGenerateContent?alt=sse</c>. Its streams have no end marker but the finish reason, its usage
/// is cumulative, and its thoughts come as parts of their own that no user may see.
/// </summary>
internal sealed class GeminiProvider(IOptionsMonitor<ProviderOptions> options) : IChatProvider
{
    private const string PublicAddress = "https://generativelanguage.googleapis.com";
    private const string KeyHeader = "x-goog-api-key";
    private const string Version = "/v1beta";
    private const int ModelsPerPage = 1000;
    private const string ModelNamePrefix = "models/";
    private const string ChatMethod = "generateContent";

    public string Name => ProviderNames.Gemini;

    public string TelemetryName => "gcp.gemini";

    public Uri Address => new(BaseUrl);

    public string? Key => Options.Key;

    /// <summary>Read at use, so that a wrong setting is reported by the start's validation together with all others.</summary>
    private ProviderOptions Options => options.Get(ProviderNames.Gemini);

    private string BaseUrl
    {
        get
        {
            var address = Options.AddressOr(PublicAddress);
            return address.EndsWith(Version, StringComparison.Ordinal) ? address : address + Version;
        }
    }

    public HttpRequestMessage CreateChatRequest(ChatRequest request)
    {
        var turns = request.Turns.Select(turn => new JsonObject { ["role"] = turn.Role is ChatRole.User ? "user" : "model", ["parts"] = Parts(turn.Text) });
        var body = new JsonObject { ["contents"] = new JsonArray([.. turns]) };
        if (request.SystemPrompt.Length > 0)
            body["systemInstruction"] = new JsonObject { ["parts"] = Parts(request.SystemPrompt) };
        if (request.MaxOutputTokens is { } most)
            body["generationConfig"] = new JsonObject { ["maxOutputTokens"] = most };
        return WithKey(new HttpRequestMessage(
            HttpMethod.Post, $"{BaseUrl}/models/{Uri.EscapeDataString(request.ModelId)}:streamGenerateContent?alt=sse")
        {
            Content = JsonContent.Create(body, ProviderJson.Default.JsonObject),
        });

        static JsonArray Parts(string text) => new(new JsonObject { ["text"] = text });
    }

    public string ReadEvent(JsonElement payload, AnswerState answer)
    {
        answer.Model = payload.TextOr("modelVersion"u8, answer.Model);
        ReadUsage(payload.Member("usageMetadata"u8), answer);
        if (payload.Member("promptFeedback"u8).Text("blockReason"u8) is { Length: > 0 } reason)
            answer.End(FinishReason.ContentFilter, new ProviderFailure(FailureKind.Refused, Word(reason)));

        var text = "";
        foreach (var candidate in payload.Member("candidates"u8).Items())
        {
            if (candidate.Int("index"u8) is > 0)
                continue;
            text += VisibleText(candidate.Member("content"u8), answer);
            if (candidate.Text("finishReason"u8) is { Length: > 0 } finish)
                End(answer, finish);
        }

        return text;
    }

    public HttpRequestMessage CreateModelsRequest(string? page)
    {
        var token = page is null ? "" : $"&pageToken={Uri.EscapeDataString(page)}";
        return WithKey(new HttpRequestMessage(HttpMethod.Get, $"{BaseUrl}/models?pageSize={ModelsPerPage}{token}"));
    }

    public (IReadOnlyList<ModelInfo> Models, string? Next) ReadModels(JsonElement body) => (
        [.. body.Member("models"u8).Items().Select(ReadModel).OfType<ModelInfo>()],
        body.Text("nextPageToken"u8) is { Length: > 0 } next ? next : null);

    /// <summary>Only what can chat, and only what has a name.</summary>
    private static ModelInfo? ReadModel(JsonElement model)
    {
        var id = model.Text("name"u8) is { } name && name.StartsWith(ModelNamePrefix, StringComparison.Ordinal) ? name[ModelNamePrefix.Length..] : "";
        return id.Length > 0 && model.Member("supportedGenerationMethods"u8).Items().Any(method => method.Text() == ChatMethod)
            ? new ModelInfo(ProviderNames.Gemini, id, model.Text("displayName"u8) ?? id, model.Int("inputTokenLimit"u8) ?? 0)
            : null;
    }

    private HttpRequestMessage WithKey(HttpRequestMessage request)
    {
        if (Key is { } key)
            request.Headers.Add(KeyHeader, key);
        return request;
    }

    private static string VisibleText(JsonElement content, AnswerState answer)
    {
        var text = "";
        foreach (var part in content.Member("parts"u8).Items())
        {
            if (!part.IsTrue("thought"u8) && part.Text("text"u8) is { Length: > 0 } piece)
                text += piece;
            answer.HasPicture |= part.Member("inlineData"u8).IsObject() || part.Member("fileData"u8).IsObject();
        }

        return text;
    }

    /// <summary>What a finish reason means. New ones appear from time to time.</summary>
    private static void End(AnswerState answer, string finishReason)
    {
        switch (finishReason.ToUpperInvariant())
        {
            case "STOP":
                answer.End(FinishReason.Stop);
                break;
            case "FINISH_REASON_UNSPECIFIED":
                break;
            case "MAX_TOKENS":
                answer.End(FinishReason.Length);
                break;
            case "SAFETY" or "RECITATION" or "BLOCKLIST" or "PROHIBITED_CONTENT" or "SPII"
                or "MODEL_ARMOR" or "IMAGE_SAFETY" or "IMAGE_PROHIBITED_CONTENT" or "IMAGE_RECITATION":
                answer.End(FinishReason.ContentFilter, new ProviderFailure(FailureKind.Blocked, Word(finishReason)));
                break;
            case "LANGUAGE" or "OTHER" or "MALFORMED_FUNCTION_CALL" or "UNEXPECTED_TOOL_CALL" or "TOO_MANY_TOOL_CALLS"
                or "MALFORMED_RESPONSE" or "MISSING_THOUGHT_SIGNATURE" or "NO_IMAGE" or "IMAGE_OTHER":
                answer.End(FinishReason.Interrupted, new ProviderFailure(FailureKind.Stopped, Word(finishReason)));
                break;
            default:
                answer.End(FinishReason.Other, new ProviderFailure(FailureKind.Stopped, Word(finishReason)));
                break;
        }
    }

    private static string Word(string reason) => SafeText.Clean(reason, key: null).ToLowerInvariant().Replace('_', ' ');

    /// <summary>The counts grow from event to event: the last ones hold.</summary>
    private static void ReadUsage(JsonElement usage, AnswerState answer)
    {
        if (usage.Int("promptTokenCount"u8) is not { } prompt)
            return;
        answer.Usage = new TokenUsage(
            TokenUsage.Sum(prompt, usage.Int("toolUsePromptTokenCount"u8) ?? 0),
            TokenUsage.Sum(usage.Int("candidatesTokenCount"u8) ?? 0, usage.Int("thoughtsTokenCount"u8) ?? 0));
    }
}
