using Clawdex.AppHost.Configuration;
using Clawdex.AppHost.Running;
using Clawdex.ServiceDefaults.Settings;

namespace Clawdex.AppHost;

/// <summary>The model providers, or the emulator that stands in for them.</summary>
internal static class Models
{
    /// <summary>
    /// Gives the LLM service, and nobody else, the providers' keys. Without any provider, in run mode, starts the LLM emulator,
    /// which speaks the wire formats of both.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithModelProviders(this IResourceBuilder<ProjectResource> llm, ClawdexSettings settings)
    {
        var builder = llm.ApplicationBuilder;
        // What is relative here would be relative to the service's own folder there.
        var folder = settings["llm:dataDirectory"] is { } named ? UserPath.Expand(named) : settings.EmulatesModels ? null : settings.DataDirectory;
        if (folder is not null && builder.ExecutionContext.IsRunMode)
            llm.WithEnvironment("llm__dataDirectory", folder);
        if (settings.EmulatesModels && builder.ExecutionContext.IsRunMode)
            return llm.WithModelEmulator(settings);

        // A deployment asks for every key; on this machine an absent provider stays absent.
        if (settings.GeminiApiKey is not null || builder.ExecutionContext.IsPublishMode)
            llm.WithEnvironment("gemini__apiKey", builder.AddSecret("gemini-api-key", settings.GeminiApiKey).WithDescription("The key of the Gemini API."));
        if (settings.OpenRouterApiKey is not null || builder.ExecutionContext.IsPublishMode)
            llm.WithEnvironment("openrouter__apiKey", builder.AddSecret("openrouter-api-key", settings.OpenRouterApiKey).WithDescription("The key of OpenRouter."));
        return llm;
    }

    private static IResourceBuilder<ProjectResource> WithModelEmulator(this IResourceBuilder<ProjectResource> llm, ClawdexSettings settings)
    {
        if (LocalModels.OfOllama() is [var model, ..])
            Console.WriteLine($"A model server is on this machine. To chat with its model {model}: dotnet run --project Clawdex.AppHost -- --openrouter:baseUrl={LocalModels.Ollama}");
        var key = Services.DrawToken();
        var emulator = llm.ApplicationBuilder.AddProject<Projects.Clawdex_LlmEmulator>("models", options => options.ExcludeLaunchProfile = true)
            .RunAsBuilt()
            .WithHttpEndpoint(name: "http", isProxied: false)
            .WithReadiness()
            .WithDescription("Stands in for the models of Gemini and OpenRouter.")
            .WithUrlForEndpoint("http", url => (url.Url, url.DisplayText) = ("/health", "Health"))
            .WithSettings(settings)
            .WithEnvironment("emulator__geminiKey", key)
            .WithEnvironment("emulator__openRouterKey", key)
            .ExcludeFromManifest();
        if (settings["emulators:delayMs"] is { } delay)
            emulator.WithEnvironment("emulator__delayMs", delay);

        var url = emulator.GetEndpoint("http");
        return llm
            .WithEnvironment("gemini__apiKey", key)
            .WithEnvironment("gemini__baseUrl", url)
            .WithEnvironment("openrouter__apiKey", key)
            .WithEnvironment("openrouter__baseUrl", ReferenceExpression.Create($"{url}/api/v1"))
            .WaitFor(emulator);
    }

    /// <summary>Tells the gateway a model that the only provider has, where none is configured and its own default is of another one.</summary>
    public static IResourceBuilder<ProjectResource> WithDefaultModel(this IResourceBuilder<ProjectResource> gateway, ClawdexSettings settings) =>
        settings.Providers.DefaultModel is { } model ? gateway.WithEnvironment("agent__model", model) : gateway;

    /// <summary>A secret parameter whose value, when it is configured, comes from Clawdex's own keys.</summary>
    public static IResourceBuilder<ParameterResource> AddSecret(this IDistributedApplicationBuilder builder, string name, string? value) =>
        value is null ? builder.AddParameter(name, secret: true) : builder.AddParameter(name, () => value, secret: true);
}
