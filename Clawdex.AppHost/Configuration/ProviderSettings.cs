using Clawdex.LlmService.Models;
using Clawdex.LlmService.Providers;

namespace Clawdex.AppHost.Configuration;

/// <summary>Which model providers are set up, and whether the configured models are theirs.</summary>
internal sealed class ProviderSettings(ClawdexSettings settings)
{
    private readonly Lazy<string?> _localModel = new(() => LocalModelOf(settings["openrouter:baseUrl"]));

    private const string ModelKey = "agent:model", AliasesKey = "agent:modelAliases";

    /// <summary>The default of somebody who has OpenRouter alone: the gateway's own default, by the name that it has there.</summary>
    private const string OpenRouterModel = "google/gemini-2.5-flash";

    private static readonly string[] All = [ProviderNames.Gemini, ProviderNames.OpenRouter];

    /// <summary>No provider is set up. A base URL alone is a provider too: a server on this machine needs no key.</summary>
    public bool IsEmpty => !All.Any(IsSetUp);

    /// <summary>The model to use where none is configured; null = the gateway's own default, or none can be known. A server on this machine is asked.</summary>
    public string? DefaultModel =>
        settings[ModelKey] is not null || IsSetUp(ProviderNames.Gemini) || !IsSetUp(ProviderNames.OpenRouter) ? null
        : !IsOpenRouterItself ? _localModel.Value
        : settings.OpenRouterApiKey is not null ? OpenRouterModel
        : null;

    /// <summary>Anything else that speaks its language knows models of its own.</summary>
    private bool IsOpenRouterItself =>
        !Uri.TryCreate(settings["openrouter:baseUrl"], UriKind.Absolute, out var url) || url.Host.EndsWith("openrouter.ai", StringComparison.OrdinalIgnoreCase);

    public IEnumerable<string> Problems()
    {
        foreach (var provider in All)
        {
            if (settings[$"{provider}:apiKey"] is null && Uri.TryCreate(settings[$"{provider}:baseUrl"], UriKind.Absolute, out var url) && !url.IsLoopback)
                yield return $"{provider}:baseUrl is set to another machine, but {provider}:apiKey is missing";
        }

        if (IsEmpty)
            yield break;
        if (settings[ModelKey] is null && !IsSetUp(ProviderNames.Gemini) && !IsOpenRouterItself && DefaultModel is null)
            yield return $"{ModelKey} is missing: name a model of the server at openrouter:baseUrl, for example --{ModelKey}=llama3.2";
        foreach (var (key, model) in ConfiguredModels())
        {
            if (ModelResolver.TryResolve(model, out var route) && !IsSetUp(route.Provider))
                yield return $"{key} needs the provider {route.Provider}, but {route.Provider}:apiKey is missing";
        }
    }

    private IEnumerable<KeyValuePair<string, string>> ConfiguredModels() =>
    [
        .. settings[ModelKey] is { } name ? (KeyValuePair<string, string>[])[new(ModelKey, AliasOf(name) ?? name)] : [],
        .. settings.NonSecretsBelow(AliasesKey),
        .. settings.NonSecretsBelow("llm:fallbackModels"),
    ];

    private string? AliasOf(string name) =>
        settings.NonSecretsBelow(AliasesKey).Where(alias => alias.Key.Equals($"{AliasesKey}:{name}", StringComparison.OrdinalIgnoreCase)).Select(alias => alias.Value).FirstOrDefault();

    /// <summary>The first model of a server on this machine; others are not asked at the start.</summary>
    private static string? LocalModelOf(string? baseUrl) =>
        Uri.TryCreate(baseUrl, UriKind.Absolute, out var url) && url.IsLoopback && LocalModels.At(url) is [var model, ..] ? model : null;

    private bool IsSetUp(string provider) => (settings[$"{provider}:apiKey"] ?? settings[$"{provider}:baseUrl"]) is not null;
}
