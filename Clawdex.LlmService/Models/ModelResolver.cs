using System.Diagnostics.CodeAnalysis;
using Clawdex.LlmService.Providers;

namespace Clawdex.LlmService.Models;

/// <summary>Where a model string leads.</summary>
/// <param name="Provider">One of <see cref="ProviderNames"/>.</param>
/// <param name="ModelId">The id on the provider's wire.</param>
internal sealed record ModelRoute(string Provider, string ModelId)
{
    /// <summary>The model string that stands for this route.</summary>
    public string Name { get; } = ProviderNames.ModelName(Provider, ModelId);
}

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
            return new ModelRoute(ProviderNames.Gemini, name[GeminiPrefix.Length..]);
        if (name.StartsWith(BareGeminiPrefix, StringComparison.OrdinalIgnoreCase) && !name.Contains('/'))
            return new ModelRoute(ProviderNames.Gemini, name);
        return new ModelRoute(ProviderNames.OpenRouter, name);
    }
}
