namespace Clawdex.Gateway.Inbound;

internal static class InboundExtensions
{
    /// <summary>Adds what brings updates in and keeps their order.</summary>
    public static IServiceCollection AddInbound(this IServiceCollection services)
    {
        services.AddHealthChecks().AddCheck<BotConnectionHealth>("telegram");
        return services
            .AddSingleton<Strangers>()
            .AddSingleton<RecentAlbums>()
            .AddSingleton<Commands.ButtonPresses>()
            .AddSingleton<BotConnection>()
            .AddSingleton<MessageRouter>()
            .AddSingleton<UpdateIntake>()
            // Stopped in reverse: first no new updates, then the turns that run.
            .AddSingleton<ChatDispatcher>()
            .AddHostedService(provider => provider.GetRequiredService<ChatDispatcher>())
            .AddHostedService<UpdatePoller>();
    }
}
