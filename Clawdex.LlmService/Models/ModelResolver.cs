using System.Diagnostics.CodeAnalysis;
using Clawdex.LlmService.Providers;

namespace Clawdex.LlmService.Models;

/// <summary>
/// Decides which provider a model string belongs to: <c>gemini/…</c> or bare <c>gemini-*</c> goes to Gemini directly,
/// everything else to OpenRouter as it is. Pure: it knows nothing of keys, catalogues or the network.
/// </summary>
internal static class ModelResolver
{
    private const string GeminiPrefix = "gemini/";
    private const string BareGeminiPrefix = "gemini-";

    /// <param name="model">As somebody typed it.</param>
    /// <param name="route">What is known of it by its name alone: whose it is, and its id there.</param>
    /// <returns>False = no model is called like this.</returns>
    public static bool TryResolve(string model, [NotNullWhen(true)] out ModelInfo? route)
    {
        var name = model.Trim();
        route = ModelNameAttribute.IsName(name) ? RouteOf(name) : null;
        return route is not null;
    }

    private static ModelInfo RouteOf(string name)
    {
        if (name.StartsWith(GeminiPrefix, StringComparison.OrdinalIgnoreCase))
            return Of(ProviderNames.Gemini, name[GeminiPrefix.Length..]);
        if (name.StartsWith(BareGeminiPrefix, StringComparison.OrdinalIgnoreCase) && !name.Contains('/'))
            return Of(ProviderNames.Gemini, name);
        return Of(ProviderNames.OpenRouter, name);

        static ModelInfo Of(string provider, string modelId) => new(provider, modelId, modelId, ContextWindow: 0);
    }
}
