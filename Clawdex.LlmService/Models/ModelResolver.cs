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
    /// <summary>Characters; the longest ids in OpenRouter's catalogue have about 70.</summary>
    public const int MaxLength = 200;

    private const string GeminiPrefix = "gemini/";
    private const string BareGeminiPrefix = "gemini-";

    public static bool TryResolve(
        string model, [NotNullWhen(true)] out ModelRoute? route, [NotNullWhen(false)] out string? problem)
    {
        var name = model.Trim();
        problem = ProblemOf(name);
        route = problem is null ? RouteOf(name) : null;
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

    private static string? ProblemOf(string name) => name switch
    {
        "" => "The model name is empty.",
        { Length: > MaxLength } => $"The model name is longer than {MaxLength} characters.",
        _ when name.Any(char.IsControl) => "The model name contains a control character.",
        _ when name.Any(char.IsWhiteSpace) => "The model name contains a space.",
        _ when name.Any(char.IsSurrogate) => "The model name contains a character that no model name has.",
        _ when name.Equals(GeminiPrefix, StringComparison.OrdinalIgnoreCase) => "The model name after 'gemini/' is empty.",
        _ => null,
    };
}
