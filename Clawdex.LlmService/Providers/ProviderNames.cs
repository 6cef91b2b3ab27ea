namespace Clawdex.LlmService.Providers;

/// <summary>The providers' names, which are also their configuration sections and their prefixes in model strings.</summary>
internal static class ProviderNames
{
    public const string Gemini = "gemini";
    public const string OpenRouter = "openrouter";

    /// <summary>The model string that a user types, with the provider's prefix where it has one.</summary>
    public static string ModelName(string provider, string modelId) => provider == Gemini ? $"{Gemini}/{modelId}" : modelId;
}
