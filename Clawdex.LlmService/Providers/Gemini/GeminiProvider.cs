using System.Net.Http.Headers;
using System.Text.Json;
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

    public string Name => ProviderNames.Gemini;

    public string DisplayName => "Gemini";

    public string TelemetryName => "gcp.gemini";

    public Uri Address => new(BaseUrl);

    public ProviderFailure? NotConfigured => Setup.ProblemOf(this, Options.Key);

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
        var body = new GeminiRequest(
            [.. request.Turns.Select(turn => new GeminiContent(turn.Role is ChatRole.User ? "user" : "model", [new GeminiPart(turn.Text)]))],
            request.SystemPrompt.Length == 0 ? null : new GeminiContent(null, [new GeminiPart(request.SystemPrompt)]));
        return WithKey(new HttpRequestMessage(
            HttpMethod.Post, $"{BaseUrl}/models/{Uri.EscapeDataString(request.ModelId)}:streamGenerateContent?alt=sse")
        {
            Content = JsonContent.Create(body, GeminiJson.Default.GeminiRequest),
        });
    }

    public string ReadEvent(JsonElement payload, AnswerState answer)
    {
        if (payload.Member("error"u8).IsObject())
        {
            answer.Failure ??= ReadError(0, null, payload.Raw(), answer.RequestedModel);
            return "";
        }

        answer.Model = payload.TextOr("modelVersion"u8, answer.Model);
        ReadUsage(payload.Member("usageMetadata"u8), answer);
        if (payload.Member("promptFeedback"u8).Text("blockReason"u8) is { Length: > 0 } reason)
            answer.End(FinishReason.ContentFilter, GeminiFinish.RefusedPrompt(reason));

        var text = "";
        foreach (var candidate in payload.Member("candidates"u8).Items())
        {
            if (candidate.Int("index"u8) is > 0)
                continue;
            text += VisibleText(candidate.Member("content"u8));
            answer.HasText |= text.Length > 0;
            if (candidate.Text("finishReason"u8) is { Length: > 0 } finish)
                GeminiFinish.End(answer, finish);
        }

        return text;
    }

    public ProviderFailure ReadError(int status, HttpResponseHeaders? headers, string body, string modelId) =>
        GeminiErrors.Read(this, Options.Key, status, headers, body, modelId);

    public HttpRequestMessage CreateModelsRequest(string? page)
    {
        var token = page is null ? "" : $"&pageToken={Uri.EscapeDataString(page)}";
        return WithKey(new HttpRequestMessage(HttpMethod.Get, $"{BaseUrl}/models?pageSize={ModelsPerPage}{token}"));
    }

    public ModelPage ReadModels(JsonElement body) => GeminiModels.Read(body);

    private HttpRequestMessage WithKey(HttpRequestMessage request)
    {
        if (Options.Key is { } key)
            request.Headers.Add(KeyHeader, key);
        return request;
    }

    private static string VisibleText(JsonElement content)
    {
        var text = "";
        foreach (var part in content.Member("parts"u8).Items())
        {
            if (!part.IsTrue("thought"u8) && part.Text("text"u8) is { Length: > 0 } piece)
                text = text.Length == 0 ? piece : text + piece;
        }

        return text;
    }

    /// <summary>The counts grow from event to event: the last ones hold.</summary>
    private static void ReadUsage(JsonElement usage, AnswerState answer)
    {
        if (usage.Int("promptTokenCount"u8) is not { } prompt)
            return;
        answer.Usage = new TokenUsage(
            prompt + (usage.Int("toolUsePromptTokenCount"u8) ?? 0),
            (usage.Int("candidatesTokenCount"u8) ?? 0) + (usage.Int("thoughtsTokenCount"u8) ?? 0));
    }
}
