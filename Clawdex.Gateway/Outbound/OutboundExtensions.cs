using Microsoft.Extensions.Options;
using Telegram.Bot;

namespace Clawdex.Gateway.Outbound;

internal static class OutboundExtensions
{
    private const string HttpClientName = "telegram";

    /// <summary>Adds the options and the Bot API client that everything else shares, and what writes to chats.</summary>
    public static IServiceCollection AddTelegram(this IServiceCollection services)
    {
        services.AddOptions<TelegramOptions>().BindConfiguration(TelegramOptions.Section).ValidateOnStart();
        services.AddSingleton<IValidateOptions<TelegramOptions>, ValidateTelegramOptions>();

        // The token is part of every URL: no log and no span of the HTTP stack may see it (a null propagator also turns off
        // the handler's own spans). Timeouts are per call: a poll is meant to be slow.
        services.AddHttpClient(HttpClientName, http => http.Timeout = Timeout.InfiniteTimeSpan)
            .RemoveAllLoggers()
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .AddHttpMessageHandler(() => new BotApiAnswers())
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                ActivityHeadersPropagator = null,
                ConnectTimeout = TimeSpan.FromSeconds(10),
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),
                UseCookies = false,
            });

        return services
            .AddSingleton<ITelegramBotClient>(CreateClient)
            .AddSingleton(provider => new ChatBudgets(
                provider.GetRequiredService<IOptions<TelegramOptions>>().Value.Limits, provider.GetRequiredService<TimeProvider>()))
            .AddSingleton<ChatMigrations>()
            .AddSingleton<TelegramChat>()
            .AddSingleton<StreamedReplies>();
    }

    private static TelegramBotClient CreateClient(IServiceProvider provider)
    {
        var telegram = provider.GetRequiredService<IOptions<TelegramOptions>>().Value;
        // The library's own retry of a 429 would send text that is stale by then; chats' budgets know better.
        var options = new TelegramBotClientOptions(telegram.BotToken, telegram.ApiBaseUrl) { RetryThreshold = 0, RetryCount = 1 };
        return new TelegramBotClient(options, provider.GetRequiredService<IHttpClientFactory>().CreateClient(HttpClientName));
    }
}
