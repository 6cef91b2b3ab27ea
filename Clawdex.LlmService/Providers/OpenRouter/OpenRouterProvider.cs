using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;

namespace Clawdex.LlmService.Providers.OpenRouter;

/// <summary>
/// OpenRouter's <c>chat/completions</c>, and any server that speaks the same OpenAI dialect (Ollama, llama.cpp, LM Studio).
/// Reasoning comes in members of its own, which are never read.
/// </summary>
internal sealed class OpenRouterProvider(IOptionsMonitor<ProviderOptions> options) : IChatProvider
{
    private const double MostDollars = 10_000;

    private const string PublicHost = "openrouter.ai";
    private const string PublicAddress = $"https://{PublicHost}/api/v1";

    public string Name => ProviderNames.OpenRouter;

    public string TelemetryName => "openrouter";

    public Uri Address => new(BaseUrl);

    public string? Key => Options.Key;

    /// <summary>Anything but OpenRouter itself.</summary>
    public bool LoadsModels => Address.Host != PublicHost;

    /// <summary>Read at use, so that a wrong setting is reported by the start's validation together with all others.</summary>
    private ProviderOptions Options => options.Get(ProviderNames.OpenRouter);

    private string BaseUrl => Options.AddressOr(PublicAddress);

    public HttpRequestMessage CreateChatRequest(ChatRequest request)
    {
        IEnumerable<JsonObject> system = request.SystemPrompt.Length == 0 ? [] : [Message("system", request.SystemPrompt)];
        var turns = request.Turns.Select(turn => Message(turn.Role is ChatRole.User ? "user" : "assistant", turn.Text));
        var body = new JsonObject { ["model"] = request.ModelId, ["messages"] = new JsonArray([.. system, .. turns]), ["stream"] = true };
        // OpenRouter always reports usage.
        if (LoadsModels && request.AsksForUsage)
            body["stream_options"] = new JsonObject { ["include_usage"] = true };
        // The older of two names, which every server knows.
        if (request.MaxOutputTokens is { } most)
            body["max_tokens"] = most;
        return WithKey(new HttpRequestMessage(HttpMethod.Post, $"{BaseUrl}/chat/completions")
        {
            Content = JsonContent.Create(body, ProviderJson.Default.JsonObject),
        });

        static JsonObject Message(string role, string text) => new() { ["role"] = role, ["content"] = text };
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

            // `message` instead of `delta`: a server that ignored `stream`. After deltas, it only repeats them.
            text += choice.Member("delta"u8) is { ValueKind: JsonValueKind.Object } delta ? ReadMessage(delta, answer)
                : answer.HasText ? ""
                : ReadMessage(choice.Member("message"u8), answer);
            if (ErrorReader.HasError(choice))
                answer.Failure ??= ErrorReader.Read(choice.Raw(), Key);
            if (choice.Text("finish_reason"u8) is not { Length: > 0 } finish)
                continue;
            if (finish.Equals("error", StringComparison.OrdinalIgnoreCase))
                answer.Failure ??= Broken(choice, payload);
            else
                End(answer, finish);
        }

        return text;
    }

    /// <param name="page">The address of the next page, on the same host.</param>
    public HttpRequestMessage CreateModelsRequest(string? page) =>
        WithKey(new HttpRequestMessage(HttpMethod.Get, page is null ? FirstPage : NextPage(page)));

    public (IReadOnlyList<ModelInfo> Models, string? Next) ReadModels(JsonElement body) => (
        // Some servers send the bare array.
        [.. (body.ValueKind is JsonValueKind.Array ? body : body.Member("data"u8)).Items().Select(ReadModel).OfType<ModelInfo>()],
        body.Member("links"u8).Text("next"u8) is { Length: > 0 } next ? next : null);

    private Uri FirstPage => new($"{BaseUrl}/models");

    /// <summary>The key goes to the configured host only, whatever a page says.</summary>
    private Uri NextPage(string page) =>
        Uri.TryCreate(FirstPage, page, out var next) && next.Authority == FirstPage.Authority && next.Scheme == FirstPage.Scheme ? next : FirstPage;

    private HttpRequestMessage WithKey(HttpRequestMessage request)
    {
        if (Key is { } key)
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        return request;
    }

    /// <summary>An error that is none by its form may have words all the same.</summary>
    private ProviderFailure Broken(params IEnumerable<JsonElement> parts) =>
        parts.Select(part => ErrorReader.Read(part.Raw(), Key)).FirstOrDefault(failure => failure.Kind is not FailureKind.Stopped || failure.Says.Length > 0)
            ?? new ProviderFailure(FailureKind.CutOff);

    private static ModelInfo? ReadModel(JsonElement model) => model.Text("id"u8) is { Length: > 0 } id
        ? new ModelInfo(
            ProviderNames.OpenRouter,
            id,
            model.Text("name"u8) ?? id,
            // OpenRouter; then LM Studio, Together, vLLM, Groq, Mistral and llama.cpp.
            model.Member("top_provider"u8).Int("context_length"u8)
                ?? model.Int("loaded_context_length"u8)
                ?? model.Int("context_length"u8)
                ?? model.Int("max_model_len"u8)
                ?? model.Int("context_window"u8)
                ?? model.Int("max_context_length"u8)
                ?? model.Member("meta"u8).Int("n_ctx"u8)
                ?? 0)
        : null;

    /// <summary>
    /// The text of a message whose content is a string, or a list of parts (Mistral) of which only text is shown; and the words
    /// in which the model refuses to answer.
    /// </summary>
    private static string ReadMessage(JsonElement message, AnswerState answer)
    {
        var content = message.Member("content"u8);
        var (text, refusal) = (content.Text() ?? "", message.Text("refusal"u8) ?? "");
        if (content.ValueKind is JsonValueKind.Array)
        {
            text = string.Concat(content.Items().Where(part => part.Text("type"u8) is "text" or "output_text").Select(part => part.Text("text"u8)));
            refusal = string.Concat(content.Items().Select(part => part.Text("refusal"u8))) + refusal;
            answer.HasPicture |= content.Items().Any(part => part.Text("type"u8) is "image_url" or "image" or "output_image");
        }

        answer.HasPicture |= message.Member("images"u8).HasItems();
        if (refusal.Length > 0)
            answer.End(FinishReason.ContentFilter, new ProviderFailure(FailureKind.Refused));
        return text + refusal;
    }

    /// <summary>What a finish reason means, in the words of any provider that a server may pass on.</summary>
    private static void End(AnswerState answer, string finishReason)
    {
        switch (finishReason.ToLowerInvariant().Replace('-', '_'))
        {
            case "stop" or "eos" or "eos_token" or "end_turn" or "stop_sequence" or "complete":
                answer.End(FinishReason.Stop);
                break;
            case "length" or "max_tokens" or "model_length" or "model_context_window_exceeded":
                answer.End(FinishReason.Length);
                break;
            case "content_filter" or "safety" or "sensitive" or "refusal" or "recitation" or "blocklist" or "prohibited_content" or "spii":
                answer.End(FinishReason.ContentFilter, new ProviderFailure(FailureKind.Blocked));
                break;
            case "tool_calls" or "function_call" or "tool_use":
                answer.End(FinishReason.Interrupted, new ProviderFailure(FailureKind.ToolWanted));
                break;
            case "network_error" or "insufficient_system_resource" or "abort":
                answer.End(FinishReason.Interrupted, Stopped(finishReason));
                break;
            case "null" or "none":
                break;
            default:
                answer.End(FinishReason.Other, Stopped(finishReason));
                break;
        }
    }

    private static ProviderFailure Stopped(string finishReason) => new(FailureKind.Stopped, SafeText.Clean(finishReason, key: null));

    private static void ReadUsage(JsonElement usage, AnswerState answer)
    {
        if (usage.Int("prompt_tokens"u8) is { } prompt)
            answer.Usage = new TokenUsage(prompt, usage.Int("completion_tokens"u8) ?? 0) { CostMicrodollars = CostOf(usage) };
    }

    /// <summary>
    /// OpenRouter's credits are dollars. With the account's own key at a provider, they are its fee alone. No answer costs more than
    /// <see cref="MostDollars"/>: a server that says so must not make a sum that nobody can store.
    /// </summary>
    private static long CostOf(JsonElement usage)
    {
        var ofProvider = usage.IsTrue("is_byok"u8) ? usage.Member("cost_details"u8).Amount("upstream_inference_cost"u8) : null;
        return (long)Math.Round(Math.Min((usage.Amount("cost"u8) ?? 0) + (ofProvider ?? 0), MostDollars) * 1_000_000);
    }
}
