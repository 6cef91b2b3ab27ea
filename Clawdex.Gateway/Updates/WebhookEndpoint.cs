using Microsoft.AspNetCore.Connections.Features;

namespace Clawdex.Gateway.Updates;

/// <summary>
/// The Kestrel endpoint <c>webhook</c>: the only one that may be public. It exists in webhook mode, and answers 404 to everything but
/// Telegram's deliveries.
/// </summary>
internal static class WebhookEndpoint
{
    private const string UrlKey = "Kestrel:Endpoints:webhook:Url";

    /// <summary>Beside the fixed ports that the services have when each is started alone.</summary>
    private const string DefaultUrl = "http://localhost:5101";

    public static void AddWebhookEndpoint(this WebApplicationBuilder builder)
    {
        if (string.IsNullOrEmpty(builder.Configuration[$"{TelegramOptions.Section}:webhookUrl"]))
            return;
        builder.Configuration[UrlKey] ??= DefaultUrl;
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.ConfigurationLoader?.Endpoint("webhook", endpoint =>
            endpoint.ListenOptions.Use(next => connection =>
            {
                connection.Items[typeof(WebhookEndpoint)] = true;
                return next(connection);
            })));
    }

    /// <summary>Maps the webhook, and hides everything else from who comes in by its endpoint. Call it before anything else is mapped.</summary>
    public static void MapWebhook(this WebApplication app)
    {
        app.Use((context, next) =>
        {
            if (IsFromOutside(context) && context.GetEndpoint()?.Metadata.GetMetadata<Webhook>() is null)
                context.SetEndpoint(null);
            return next(context);
        });
        app.Services.GetRequiredService<Webhook>().MapTo(app);
    }

    private static bool IsFromOutside(HttpContext context) =>
        context.Features.Get<IConnectionItemsFeature>()?.Items.ContainsKey(typeof(WebhookEndpoint)) == true;
}
