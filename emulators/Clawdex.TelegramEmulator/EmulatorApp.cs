using Clawdex.Emulators;
using Clawdex.TelegramEmulator.BotApi;
using Clawdex.TelegramEmulator.Chats;
using Clawdex.TelegramEmulator.Control;
using Clawdex.TelegramEmulator.Faults;
using Clawdex.TelegramEmulator.Storage;
using Clawdex.TelegramEmulator.Updates;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Clawdex.TelegramEmulator;

/// <summary>What the program and the in-process host have in common.</summary>
internal static class EmulatorApp
{
    public static IServiceCollection AddTelegramEmulator(this IServiceCollection services)
    {
        services.AddOptions<TelegramEmulatorOptions>().ValidateOnStart();
        services.AddSingleton<IValidateOptions<TelegramEmulatorOptions>, ValidateTelegramEmulatorOptions>();
        services.TryAddSingleton(TimeProvider.System);
        services.AddRoutingCore();
        // Nothing that still runs may hold up the end of the program for longer.
        services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(7));
        services.AddSingleton<BotVisits>();
        services.AddHostedService(provider => provider.GetRequiredService<BotVisits>());
        services.AddSingleton<StateLog>();
        services.AddHostedService<StateKeeper>();
        services.AddSingleton<Timeline>();
        services.AddSingleton<ChatBook>();
        services.AddSingleton<UpdateQueue>();
        services.AddSingleton<DeliveryLog>();
        services.AddSingleton<Webhook>();
        services.AddSingleton<LongPoll>();
        services.AddSingleton<FloodControl>();
        services.AddSingleton<FaultRules>();
        services.AddSingleton<MessageMethods>();
        services.AddSingleton<CommandMenu>();
        services.AddSingleton<CallbackQueries>();
        services.AddSingleton<WebhookMethods>();
        services.AddSingleton<BotMethods>();
        services.AddSingleton<BotApiEndpoint>();
        services.AddSingleton<UserSide>();
        services.AddSingleton<ChatSetup>();
        services.AddSingleton<EventStream>();
        services.AddHostedService<WebhookSender>();
        return services;
    }

    /// <summary>Says, when the program listens, the tokens that nobody has configured.</summary>
    public static void PrintWhatWasDrawn(this WebApplication app) => app.Lifetime.ApplicationStarted.Register(() =>
    {
        var options = app.Services.GetRequiredService<IOptions<TelegramEmulatorOptions>>().Value;
        var section = app.Configuration.GetSection(TelegramEmulatorOptions.Section);
        if (section[nameof(options.PageToken)] is null)
            Console.WriteLine($"Chat page: {ChatPage.AddressOf(new Uri(app.Urls.First()), options.PageToken)}");
        if (section[nameof(options.Token)] is null)
            Console.WriteLine($"Bot token: {options.Token}");
    });

    public static WebApplication MapTelegramEmulator(this WebApplication app)
    {
        app.UseOwnSiteOnly(app.Services.GetRequiredService<IOptions<TelegramEmulatorOptions>>().Value.Host);
        var visits = app.Services.GetRequiredService<BotVisits>();
        app.Use(async (context, next) =>
        {
            await using var registration = visits.Closing.Register(context.Abort);
            using var call = context.Request.Path.Value?.StartsWith("/bot", StringComparison.Ordinal) == true ? visits.Begin(context) : null;
            await next(context);
        });
        var botApi = app.Services.GetRequiredService<BotApiEndpoint>();
        app.Map("/bot{token}/{method}", botApi.HandleAsync);
        app.Map("/bot{token}/test/{method}", botApi.HandleAsync);
        app.MapControlApi();
        app.MapChatPage();
        app.MapGet("/health", () => "Healthy");
        return app;
    }
}
