using Clawdex.LlmService;
using Clawdex.LlmService.Api;
using Clawdex.LlmService.Chats;
using Clawdex.LlmService.Models;
using Clawdex.LlmService.Providers;
using Clawdex.LlmService.Providers.Gemini;
using Clawdex.LlmService.Providers.Http;
using Clawdex.LlmService.Providers.OpenRouter;
using Clawdex.ServiceDefaults;
using Clawdex.ServiceDefaults.Settings;

var builder = WebApplication.CreateBuilder(args);
if (HealthCommand.IsIn(args))
    return await HealthCommand.RunAsync(builder.Configuration);
builder.AddServiceDefaults();

var services = builder.Services;
builder.AddSettings<LlmOptions>(LlmOptions.Section).Configure<IConfiguration>((options, configuration) =>
    options.CaptureMessageContent = configuration["OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"] is "true" or "True" or "TRUE");
builder.AddSettings<ProviderOptions>(ProviderNames.Gemini, ProviderNames.Gemini);
builder.AddSettings<ProviderOptions>(ProviderNames.OpenRouter, ProviderNames.OpenRouter);

// No total timeout, since an answer may take minutes; no retries here, since a repeated request is paid twice; and no logging,
// since it could show headers.
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
services.AddSingleton<ProviderHttp>();
services.AddSingleton<IChatProvider, GeminiProvider>();
services.AddSingleton<IChatProvider, OpenRouterProvider>();

services.AddSingleton<Catalogue>();
services.AddHostedService<CatalogueRefresh>();

services.AddSingleton<AnswerRetry>();
services.AddSingleton<ChatRunner>();
services.AddSingleton<RunningAnswers>();
services.AddHostedService(provider => provider.GetRequiredService<RunningAnswers>());
services.AddGrpcServer();

var app = builder.TryBuild();
if (app is null || !app.HasValidSettings())
    return 1;

app.MapGrpcService<LlmGrpcService>();
app.MapDefaultEndpoints();
return await app.RunToEndAsync();
