namespace Clawdex.LlmService.Providers;

/// <summary>Whether a provider can be asked at all.</summary>
internal static class Setup
{
    /// <summary>
    /// A key is needed, except by a server on this machine: that is the emulator, or a local one such as Ollama, llama.cpp or
    /// LM Studio.
    /// </summary>
    public static ProviderFailure? ProblemOf(IChatProvider provider, string? key) =>
        key is not null || provider.Address.IsLoopback
            ? null
            : new ProviderFailure(
                FailureKind.NotConfigured,
                $"{provider.DisplayName} is not configured: set {provider.Name}:apiKey, or choose another model with /model.");
}
