using System.Text.Json.Serialization;

namespace Clawdex.LlmService.Providers.OpenRouter;

/// <param name="StreamOptions">Only for other servers than OpenRouter, which always reports usage.</param>
/// <param name="MaxTokens">The older of two names, which every server knows.</param>
internal sealed record OpenRouterRequest(
    string Model, IReadOnlyList<OpenRouterMessage> Messages, bool Stream, OpenRouterStreamOptions? StreamOptions, int? MaxTokens);

/// <param name="Role">"system", "user" or "assistant".</param>
internal sealed record OpenRouterMessage(string Role, string Content);

internal sealed record OpenRouterStreamOptions(bool IncludeUsage);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(OpenRouterRequest))]
internal sealed partial class OpenRouterJson : JsonSerializerContext;
