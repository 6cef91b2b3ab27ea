using Clawdex.AppHost;
using Clawdex.AppHost.Audit;
using Clawdex.AppHost.Configuration;
using Clawdex.AppHost.Running;
using Clawdex.ServiceDefaults;

LocalCalls.BypassProxy();
var wantsAudit = AuditCommand.IsRequested(args, out var asJson, out var settingArguments);
var builder = DistributedApplication.CreateBuilder(settingArguments);
if (wantsAudit)
    return AuditCommand.Run(builder.Configuration, asJson, Console.Out);

if (!builder.TryPublishOnlyTheManifest(Console.Error) || !ClawdexSettings.TryLoad(builder.Configuration, Console.Error, out var settings)
    || !builder.TryCloseToOthers(settings, Console.Error) || !builder.TryCreateDataFolder(settings, Console.Error))
    return 1;

builder.RunLocally(settings);

var callSecret = builder.AddCallSecret(settings);

var sessions = builder.AddProject<Projects.Clawdex_SessionService>("session")
    .WithDescription("Conversations and turns; the only one that touches the database.")
    .WithServiceEndpoints(settings.Replicas)
    .WithSettings(settings, "sessions", "ConnectionStrings")
    .WithCallSecret(callSecret)
    .WithSessionDatabase(settings);

var llm = builder.AddProject<Projects.Clawdex_LlmService>("llm")
    .WithDescription("Resolves models and streams their answers; stores nothing.")
    .WithServiceEndpoints(settings.Replicas)
    .WithSettings(settings, "llm", "gemini", "openrouter")
    .WithCallSecret(callSecret)
    .WithModelProviders(settings);

builder.AddProject<Projects.Clawdex_Gateway>("gateway")
    .WithDescription("The bot: takes messages from Telegram and lets the answers grow there.")
    .WithServiceEndpoints(settings.Replicas)
    .WithSettings(settings, "agent", "channels:telegram")
    .WithCallSecret(callSecret)
    .WithDefaultModel(settings)
    .WithTelegramBot(settings, callSecret)
    .WithReference(sessions)
    .WaitFor(sessions)
    .WithReference(llm)
    // Both start at the same time: a message that comes before the models can be asked is held until they can.
    .WaitForStart(llm);

builder.Build().Run();
return Environment.ExitCode;
