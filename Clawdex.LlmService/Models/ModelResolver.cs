using System.Diagnostics.CodeAnalysis;
using Clawdex.LlmService.Providers;

namespace Clawdex.LlmService.Models;

/// <summary>Where a model string leads.</summary>
/// <param name="Provider">One of <see cref="ProviderNames"/>.</param>
/// <param name="ModelId">The id on the provider's wire.</param>
/// <param name="Name">The model string that stands for this route, with the provider's prefix where it has one.</param>
internal sealed record ModelRoute(string Provider, string ModelId, string Name);

/// <summary>
/// Decides which provider a model string belongs to: <c>gemini/…</c> or bare <c>gemini-*</c> goes to Gemini directly,
/// everything else to OpenRouter as it is. Pure: it knows nothing of keys, catalogues or the network.
/// </summary>
internal static class ModelResolver
{
    private const string GeminiPrefix = "gemini/";
    private const string BareGeminiPrefix = "gemini-";

    /// <summary>False = no model is called like this.</summary>
    public static bool TryResolve(string model, [NotNullWhen(true)] out ModelRoute? route)
    {
        var name = model.Trim();
        route = ModelNameAttribute.IsName(name) ? RouteOf(name) : null;
        return route is not null;
    }

    private static ModelRoute RouteOf(string name)
    {
        if (name.StartsWith(GeminiPrefix, StringComparison.OrdinalIgnoreCase))
            return Gemini(name[GeminiPrefix.Length..]);
        if (name.StartsWith(BareGeminiPrefix, StringComparison.OrdinalIgnoreCase) && !name.Contains('/'))
            return Gemini(name);
        return new ModelRoute(ProviderNames.OpenRouter, name, name);
    }

    private static ModelRoute Gemini(string modelId) => new(ProviderNames.Gemini, modelId, GeminiPrefix + modelId);
}
