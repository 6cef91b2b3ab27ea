using System.Text.Json.Serialization;

namespace Clawdex.LlmService.Providers;

/// <summary>What is known of one model.</summary>
/// <param name="Provider">One of <see cref="ProviderNames"/>.</param>
/// <param name="ModelId">The id on the provider's wire.</param>
/// <param name="ContextWindow">Tokens of prompt and answer together; 0 = unknown.</param>
internal sealed record ModelInfo(string Provider, string ModelId, string DisplayName, int ContextWindow)
{
    /// <summary>The model string that a user types, with the provider's prefix where it has one.</summary>
    [JsonIgnore]
    public string Name => Provider == ProviderNames.Gemini ? $"{ProviderNames.Gemini}/{ModelId}" : ModelId;
}
