namespace Clawdex.LlmService.Providers;

/// <summary>The providers' names, which are also their configuration sections and their prefixes in model strings.</summary>
internal static class ProviderNames
{
    public const string Gemini = "gemini";
    public const string OpenRouter = "openrouter";
}
