using System.Net.Http.Headers;
using System.Text.Json;
using Microsoft.Extensions.Options;

namespace Clawdex.LlmService.Providers.OpenRouter;

/// <summary>
/// OpenRouter's <c>chat/completions</c>, and any server that speaks the same OpenAI dialect (Ollama, llama.cpp, LM Studio).
/// Reasoning comes in members of its own, which are never read.
/// </summary>
internal sealed class OpenRouterProvider(IOptionsMonitor<ProviderOptions> options) : IChatProvider
{
    private const string PublicHost = "openrouter.ai";
    private const string PublicAddress = $"https://{PublicHost}/api/v1";

    public string Name => ProviderNames.OpenRouter;

    public string TelemetryName => "openrouter";

    public Uri Address => new(BaseUrl);

    public bool IsConfigured => Options.Key is not null || Address.IsLoopback;

    /// <summary>Read at use, so that a wrong setting is reported by the start's validation together with all others.</summary>
    private ProviderOptions Options => options.Get(ProviderNames.OpenRouter);

    private string BaseUrl => Options.AddressOr(PublicAddress);

    public HttpRequestMessage CreateChatRequest(ChatRequest request)
    {
        IEnumerable<OpenRouterMessage> system = request.SystemPrompt.Length == 0 ? [] : [new("system", request.SystemPrompt)];
        var turns = request.Turns.Select(turn => new OpenRouterMessage(turn.Role is ChatRole.User ? "user" : "assistant", turn.Text));
        var body = new OpenRouterRequest(
            request.ModelId, [.. system, .. turns], Stream: true, Address.Host == PublicHost ? null : new OpenRouterStreamOptions(IncludeUsage: true));
        return WithKey(new HttpRequestMessage(HttpMethod.Post, $"{BaseUrl}/chat/completions")
        {
            Content = JsonContent.Create(body, OpenRouterJson.Default.OpenRouterRequest),
        });
    }

    public string ReadEvent(JsonElement payload, AnswerState answer)
    {
        answer.Model = payload.TextOr("model"u8, answer.Model);
        ReadUsage(payload.Member("usage"u8), answer);

        var text = "";
        foreach (var choice in payload.Member("choices"u8).Items())
        {
            if (choice.Int("index"u8) is > 0)
                continue;

            // `message` instead of `delta`: a server that ignored `stream`.
            text += choice.Member("delta"u8).Text("content"u8) ?? choice.Member("message"u8).Text("content"u8) ?? "";
            answer.HasText |= text.Length > 0;
            if (choice.Member("error"u8).IsObject())
                answer.Failure ??= ReadError(0, null, choice.Raw());
            if (choice.Text("finish_reason"u8) is { Length: > 0 } finish)
                End(answer, finish);
        }

        if (payload.Member("error"u8) is { ValueKind: JsonValueKind.Object or JsonValueKind.String })
            answer.Failure ??= ReadError(0, null, payload.Raw());
        return text;
    }

    public ProviderFailure ReadError(int status, HttpResponseHeaders? headers, string body) =>
        OpenRouterErrors.Read(Options.Key, status, headers, body);

    /// <param name="page">The address of the next page, on the same host.</param>
    public HttpRequestMessage CreateModelsRequest(string? page) =>
        WithKey(new HttpRequestMessage(HttpMethod.Get, page is null ? FirstPage : NextPage(page)));

    public ModelPage ReadModels(JsonElement body) => new(
        [.. body.Member("data"u8).Items().Select(ReadModel).OfType<ModelInfo>()],
        body.Member("links"u8).Text("next"u8) is { Length: > 0 } next ? next : null);

    private Uri FirstPage => new($"{BaseUrl}/models");

    /// <summary>The key goes to the configured host only, whatever a page says.</summary>
    private Uri NextPage(string page) =>
        Uri.TryCreate(FirstPage, page, out var next) && next.Authority == FirstPage.Authority && next.Scheme == FirstPage.Scheme ? next : FirstPage;

    private HttpRequestMessage WithKey(HttpRequestMessage request)
    {
        if (Options.Key is { } key)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return request;
    }

    private static ModelInfo? ReadModel(JsonElement model) => model.Text("id"u8) is { Length: > 0 } id
        ? new ModelInfo(
            ProviderNames.OpenRouter,
            id,
            model.Text("name"u8) ?? id,
            model.Member("top_provider"u8).Int("context_length"u8) ?? model.Int("context_length"u8) ?? 0)
        : null;

    private static void End(AnswerState answer, string finishReason)
    {
        switch (finishReason)
        {
            case "stop":
                answer.End(FinishReason.Stop);
                break;
            case "length":
                answer.EndAtLimit();
                break;
            case "content_filter":
                answer.End(FinishReason.ContentFilter, new ProviderFailure(FailureKind.Blocked));
                break;
            case "tool_calls" or "function_call":
                answer.End(FinishReason.Interrupted, new ProviderFailure(FailureKind.ToolWanted));
                break;
            case "error":
                answer.Failure ??= new ProviderFailure(FailureKind.CutOff);
                break;
            default:
                answer.EndForUnknown(finishReason);
                break;
        }
    }

    private static void ReadUsage(JsonElement usage, AnswerState answer)
    {
        if (usage.Int("prompt_tokens"u8) is { } prompt)
            answer.Usage = new TokenUsage(prompt, usage.Int("completion_tokens"u8) ?? 0);
    }
}
