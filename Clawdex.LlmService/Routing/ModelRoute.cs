namespace Clawdex.LlmService.Routing;

/// <summary>Where a model string leads.</summary>
/// <param name="Provider">One of <see cref="ProviderNames"/>.</param>
/// <param name="ModelId">The id on the provider's wire.</param>
/// <param name="Name">The model string that stands for this route, with the provider's prefix where it has one.</param>
internal sealed record ModelRoute(string Provider, string ModelId, string Name);

/// <summary>The providers' names, which are also their configuration sections and their prefixes in model strings.</summary>
internal static class ProviderNames
{
    public const string Gemini = "gemini";
    public const string OpenRouter = "openrouter";
}
