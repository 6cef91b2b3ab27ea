using Clawdex.AppHost.Configuration;
using Clawdex.AppHost.Running;

namespace Clawdex.AppHost;

/// <summary>Telegram, or the emulator that stands in for it.</summary>
internal static class TelegramExtensions
{
    private const string EmulatorToken = "1:emulator";

    /// <summary>
    /// Gives the gateway, and nobody else, the bot token. Without one, in run mode, starts the Telegram emulator with its chat
    /// page and points the gateway to it.
    /// </summary>
    public static IResourceBuilder<ProjectResource> WithTelegramBot(this IResourceBuilder<ProjectResource> gateway, ClawdexSettings settings)
    {
        var builder = gateway.ApplicationBuilder;
        if (settings.EmulatesTelegram && builder.ExecutionContext.IsRunMode)
        {
            var emulator = builder.AddTelegramEmulator(settings);
            return gateway
                .WithEnvironment("channels__telegram__botToken", EmulatorToken)
                .WithEnvironment("channels__telegram__apiBaseUrl", emulator.GetEndpoint("http"))
                .WithChatAddress("Chat page", emulator.GetEndpoint("http"))
                .WaitFor(emulator);
        }

        var token = builder.AddSecret("telegram-bot-token", settings.TelegramBotToken)
            .WithDescription("The token of your bot, as @BotFather gave it.");
        gateway.WithEnvironment("channels__telegram__botToken", token).WithChatAddress("Your bot", gateway.GetEndpoint("http"), "/bot");

        return settings["channels:telegram:webhookSecret"] is { } secret
            ? gateway.WithEnvironment("channels__telegram__webhookSecret", builder.AddSecret("telegram-webhook-secret", secret))
            : gateway;
    }

    private static IResourceBuilder<ProjectResource> AddTelegramEmulator(this IDistributedApplicationBuilder builder, ClawdexSettings settings) =>
        builder.AddProject<Projects.Clawdex_TelegramEmulator>("telegram", options => options.ExcludeLaunchProfile = true)
            .RunAsBuilt()
            .WithHttpEndpoint(port: settings.ChatPort, name: "http", isProxied: false)
            .WithReadiness()
            .WithDescription("Telegram on this machine: its Bot API, and a page to chat on.")
            .WithUrlForEndpoint("http", url => url.DisplayText = "Chat page")
            .WithUrlForEndpoint("http", _ => new ResourceUrlAnnotation { Url = "/health", DisplayText = "Health" })
            .WithSettings(settings)
            .WithEnvironment("emulator__token", EmulatorToken)
            .WithEnvironment("emulator__dataDirectory", settings.DataDirectory)
            .ExcludeFromManifest();
}
