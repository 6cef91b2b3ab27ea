using System.Text.Json.Serialization;

namespace Clawdex.LlmService.Providers;

/// <summary>What is known of one model. Token limits are 0 when the provider does not tell them.</summary>
/// <param name="ContextWindow">Tokens of prompt and answer together.</param>
internal sealed record ModelInfo(string Provider, string ModelId, string DisplayName, int ContextWindow, int MaxOutputTokens)
{
    /// <summary>The model string that a user types.</summary>
    [JsonIgnore]
    public string Name => Provider == ProviderNames.Gemini ? $"{ProviderNames.Gemini}/{ModelId}" : ModelId;
}

/// <summary>A page of a provider's model list.</summary>
/// <param name="Next">What asks for the next page; null = this is the last.</param>
internal sealed record ModelPage(IReadOnlyList<ModelInfo> Models, string? Next);

/// <summary>The models of one or more providers as they are kept on disk.</summary>
/// <param name="FetchedAt">Null for the table that is built in.</param>
internal sealed record CatalogueSnapshot(DateTimeOffset? FetchedAt, IReadOnlyList<ModelInfo> Models);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(CatalogueSnapshot))]
internal sealed partial class CatalogueJson : JsonSerializerContext;
