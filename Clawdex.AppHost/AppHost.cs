using Clawdex.AppHost;
using Clawdex.AppHost.Configuration;

var builder = DistributedApplication.CreateBuilder(new DistributedApplicationOptions { Args = args, EnableResourceLogging = true });

if (!ClawdexSettings.TryLoad(builder.Configuration, Console.Error, out var settings))
    return 1;

// Whoever stops the AppHost may start it again at once: it ends after its services, not before them.
builder.Configuration["DcpPublisher:WaitForResourceCleanup"] ??= "true";

// SQLite and Telegram's getUpdates each allow one owner: no service here may have replicas.
var database = builder.AddSessionDatabase("sessions", settings);

var sessions = builder.AddProject<Projects.Clawdex_SessionService>("session")
    .WithServiceEndpoints()
    .WithSettings(settings, "sessions")
    .WithReference(database);

var llm = builder.AddProject<Projects.Clawdex_LlmService>("llm")
    .WithServiceEndpoints()
    .WithSettings(settings, "agent:fallbackModels", "llm", "gemini", "openrouter")
    .WithModelProviders(settings);

builder.AddProject<Projects.Clawdex_Gateway>("gateway")
    .WithServiceEndpoints()
    .WithSettings(settings, "agent", "channels:telegram")
    .WithTelegramBot(settings)
    .WithReference(sessions)
    .WaitFor(sessions)
    .WithReference(llm)
    .WaitFor(llm);

builder.Build().Run();
return 0;
