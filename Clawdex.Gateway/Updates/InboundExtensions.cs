using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Telegram;
using Clawdex.Gateway.Turns;
using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Updates;

internal static class InboundExtensions
{
    /// <summary>Adds what brings updates in and keeps their order.</summary>
    public static IServiceCollection AddInbound(this IServiceCollection services)
    {
        services.AddHealthChecks().AddCheck<BotConnectionHealth>("telegram").AddCheck<StorageHealth>("storage");
        return services
            .AddSingleton<Strangers>()
            .AddSingleton<Commands.ButtonPresses>()
            .AddSingleton<PollAge>()
            .AddSingleton<BotConnection>()
            .AddSingleton<WaitingNotices>()
            .AddSingleton<MessageRouter>()
            .AddSingleton<UpdateIntake>()
            // Stopped in reverse: first no new updates, then the turns that run.
            .AddSingleton<ChatDispatcher>()
            .AddHostedService(provider => provider.GetRequiredService<ChatDispatcher>())
            .AddSingleton<Answering>()
            .AddSingleton<Webhook>()
            .AddSingleton<IHostedService>(provider => provider.GetRequiredService<IOptions<TelegramOptions>>().Value.UsesWebhook
                ? provider.GetRequiredService<Webhook>()
                : ActivatorUtilities.CreateInstance<UpdatePoller>(provider));
    }

    /// <summary>Maps the webhook at the path of <c>channels:telegram:webhookUrl</c>, if it is set.</summary>
    public static void MapWebhook(this WebApplication app)
    {
        var options = app.Services.GetRequiredService<IOptions<TelegramOptions>>().Value;
        if (options.UsesWebhook && Uri.TryCreate(options.WebhookUrl, UriKind.Absolute, out var url))
            app.MapPost(url.AbsolutePath, (HttpRequest request, Webhook webhook) => webhook.ReceiveAsync(request))
                // Whoever keeps the path secret does not want it as a metric's attribute.
                .DisableHttpMetrics();
    }

    /// <summary>Leads a browser to the bot in Telegram: 302, or 503 as long as nobody knows which bot it is.</summary>
    public static void MapBotLink(this WebApplication app) =>
        app.MapGet("/bot", (BotConnection bot) => bot.Identity is { Username.Length: > 0 } me
            ? Results.Redirect($"https://t.me/{me.Username}")
            : Results.StatusCode(StatusCodes.Status503ServiceUnavailable));
}
