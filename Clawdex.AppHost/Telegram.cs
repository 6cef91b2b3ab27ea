using Clawdex.AppHost.Configuration;
using Clawdex.AppHost.Running;

namespace Clawdex.AppHost;

/// <summary>Telegram, or the emulator that stands in for it.</summary>
internal static class Telegram
{
    private const int WebhookPort = 5101;

    /// <summary>
    /// Gives the gateway, and nobody else, the bot token. Without one, in run mode, starts the Telegram emulator with its chat
    /// page and points the gateway to it.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithTelegramBot(
        this IResourceBuilder<ProjectResource> gateway, ClawdexSettings settings, IResourceBuilder<ParameterResource> callSecret)
    {
        var builder = gateway.ApplicationBuilder;
        if (settings.EmulatesTelegram && builder.ExecutionContext.IsRunMode)
        {
            var (botToken, pageToken) = ($"1:{Services.DrawToken()}", Services.DrawToken());
            var emulator = builder.AddTelegramEmulator(settings, botToken, pageToken);
            return gateway
                .WithEnvironment("channels__telegram__botToken", botToken)
                .WithEnvironment("channels__telegram__apiBaseUrl", emulator.GetEndpoint("http"))
                // All of its users are whoever sits at this machine.
                .WithEnvironment("channels__telegram__everyoneIsOwner", "true")
                .WithChatAddress("Chat page", emulator.GetEndpoint("http"), PageOf(pageToken))
                .WaitFor(emulator);
        }

        var token = builder.AddSecret("telegram-bot-token", settings.TelegramBotToken)
            .WithDescription("The token of your bot, as @BotFather gave it.");
        gateway.WithEnvironment("channels__telegram__botToken", token).WithChatAddress("Your bot", gateway.GetEndpoint("http"), "/bot");
        gateway.WithOwner(settings, callSecret);

        if (settings["channels:telegram:webhookUrl"] is { Length: > 0 })
            gateway.WithWebhookEndpoint(settings);
        return settings["channels:telegram:webhookSecret"] is { } secret
            ? gateway.WithEnvironment("channels__telegram__webhookSecret", builder.AddSecret("telegram-webhook-secret", secret))
            : gateway;
    }

    /// <summary>
    /// How the bot gets its owner, where the settings name nobody: here by a link that the gateway draws, in a deployment by a
    /// parameter, because nobody sees the gateway's console there.
    /// </summary>
    private static void WithOwner(this IResourceBuilder<ProjectResource> gateway, ClawdexSettings settings, IResourceBuilder<ParameterResource> callSecret)
    {
        var builder = gateway.ApplicationBuilder;
        if (!settings.NamesNobody)
            return;
        if (settings["channels:telegram:claim"] is not null || builder.ExecutionContext.IsPublishMode)
            gateway.WithEnvironment("channels__telegram__claim", builder.AddSecret("telegram-claim", settings["channels:telegram:claim"])
                .WithDescription("22 to 58 of A-Z, a-z, 0-9, _ and - that nobody can guess (openssl rand -hex 16). Who first opens https://t.me/<bot>?start=claim_<them>, within 15 minutes of a start, owns the bot."));
        else
            gateway.WithPairing(callSecret.Resource);
    }

    /// <summary>
    /// The only endpoint that is public in a deployment. On this machine a gateway opens it by itself, on a port that a proxy can rely
    /// on; several gateways are behind that port.
    /// </summary>
    private static void WithWebhookEndpoint(this IResourceBuilder<ProjectResource> gateway, ClawdexSettings settings)
    {
        if (gateway.ApplicationBuilder.ExecutionContext.IsPublishMode)
        {
            gateway.WithHttpEndpoint(targetPort: WebhookPort, name: "webhook").WithEndpoint("webhook", endpoint => endpoint.IsExternal = true);
        }
        else if (settings.Replicas > 1)
        {
            var port = gateway.WithHttpEndpoint(port: WebhookPort, name: "webhook").GetEndpoint("webhook").Property(EndpointProperty.TargetPort);
            gateway.WithEnvironment("Kestrel__Endpoints__webhook__Url", ReferenceExpression.Create($"http://localhost:{port}"));
        }
    }

    /// <summary>What follows # stays in the browser: the page keeps it, and nobody else sees it.</summary>
    private static string PageOf(string pageToken) => $"/#token={pageToken}";

    private static IResourceBuilder<ProjectResource> AddTelegramEmulator(
        this IDistributedApplicationBuilder builder, ClawdexSettings settings, string botToken, string pageToken) =>
        builder.AddProject<Projects.Clawdex_TelegramEmulator>("telegram", options => options.ExcludeLaunchProfile = true)
            .RunAsBuilt()
            .WithHttpEndpoint(port: settings.ChatPort, name: "http", isProxied: false)
            .WithReadiness()
            .WithDescription("Telegram on this machine: its Bot API, and a page to chat on.")
            .WithUrlForEndpoint("http", url => (url.Url, url.DisplayText) = (PageOf(pageToken), "Chat page"))
            .WithUrlForEndpoint("http", _ => new ResourceUrlAnnotation { Url = "/health", DisplayText = "Health" })
            .WithSettings(settings)
            .WithEnvironment("emulator__token", botToken)
            .WithEnvironment("emulator__pageToken", pageToken)
            .WithEnvironment("emulator__dataDirectory", settings.DataDirectory)
            .ExcludeFromManifest();
}
