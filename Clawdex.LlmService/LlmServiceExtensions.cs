using Clawdex.Gateway;
using Clawdex.LlmService.Chats;
using Clawdex.LlmService.Models;
using Clawdex.LlmService.Providers;
using Clawdex.LlmService.Providers.Gemini;
using Clawdex.LlmService.Providers.Http;
using Clawdex.LlmService.Providers.OpenRouter;
using Clawdex.ServiceDefaults.Settings;

namespace Clawdex.LlmService;

/// <summary>What the service is made of, one method per concern.</summary>
internal static class LlmServiceExtensions
{
    public static IServiceCollection AddLlmOptions(this IServiceCollection services)
    {
        services.AddSettings<LlmOptions>(LlmOptions.Section).Configure<IConfiguration>((options, configuration) =>
            options.CaptureMessageContent = configuration["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] is "true" or "True" or "TRUE");
        services.AddSettings<AgentOptions>(AgentOptions.Section);
        foreach (var provider in (string[])[ProviderNames.Gemini, ProviderNames.OpenRouter])
            services.AddSettings<ProviderOptions>(provider, provider);
        return services;
    }

    public static IServiceCollection AddProviders(this IServiceCollection services)
    {
        // No total timeout, since an answer may take minutes; no retries here, since a repeated request is paid twice; and no
        // logging, since it could show headers.
        services.AddHttpClient(ProviderHttp.ClientName, client => client.Timeout = Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                ConnectTimeout = TimeSpan.FromSeconds(10),
                PooledConnectionLifetime = TimeSpan.FromMinutes(10),
                // A redirect could carry the key to another host.
                AllowAutoRedirect = false,
                UseCookies = false,
                // An answer that nobody wants any more is cut off, not read to its end.
                MaxResponseDrainSize = 0,
            })
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            // Providers have public addresses; service discovery would look each of them up and keep timers for it.
            .ConfigureAdditionalHttpMessageHandlers((handlers, _) => handlers.Clear())
            .RemoveAllLoggers();
        return services
            .AddSingleton<ProviderHttp>()
            .AddSingleton<ProviderClient>()
            .AddSingleton<IChatProvider, GeminiProvider>()
            .AddSingleton<IChatProvider, OpenRouterProvider>();
    }

    public static IServiceCollection AddChats(this IServiceCollection services) =>
        services
            .AddSingleton<AnswerRetry>()
            .AddSingleton<ChatRunner>()
            .AddSingleton<RunningAnswers>()
            .AddHostedService(provider => provider.GetRequiredService<RunningAnswers>());

    public static IServiceCollection AddCatalogue(this IServiceCollection services) =>
        services.AddSingleton<Catalogue>().AddSingleton<CatalogueFile>().AddHostedService<CatalogueRefresh>();
}
