using Microsoft.Extensions.Options;
using Telegram.Bot;

namespace Clawdex.Gateway.Telegram;

/// <summary>The Bot API over HTTP.</summary>
internal static class BotApiClient
{
    internal const string HttpClientKey = "telegram";

    /// <summary>Of objects and arrays within each other. A rich message has up to 16 levels of lists, each of which counts four times.</summary>
    public const int DeepestUpdate = 256;

    /// <summary>
    /// Far more than calls are under way at once in use; in a flood, the others wait instead of costing 50 KB each. What writes to
    /// chats leaves some to the poll, and to what asks after the bot itself.
    /// </summary>
    private const int MostConnections = TelegramChat.MostCalls + 4;

    // One update that is too deep for the library would keep all others from being read, and come again for ever.
    static BotApiClient() => JsonBotAPI.Options.MaxDepth = DeepestUpdate;

    /// <summary>Adds the client that everything shares, and its connections.</summary>
    /// <param name="gate">What each request passes first.</param>
    public static IServiceCollection AddBotApiClient(this IServiceCollection services, Func<IServiceProvider, DelegatingHandler> gate) => services
        .AddKeyedSingleton(HttpClientKey, (provider, _) => CreateHttpClient(gate(provider)))
        .AddSingleton<ITelegramBotClient>(CreateClient);

    private static TelegramBotClient CreateClient(IServiceProvider provider)
    {
        var telegram = provider.GetRequiredService<IOptions<TelegramOptions>>().Value;
        // The library's own retry of a 429 would send text that is stale by then; chats' budgets know better.
        var options = new TelegramBotClientOptions(telegram.BotToken, telegram.ApiBaseUrl) { RetryThreshold = 0, RetryCount = 1 };
        return new TelegramBotClient(options, provider.GetRequiredKeyedService<HttpClient>(HttpClientKey));
    }

    // Not from the factory, whose handlers log, and look each address up in service discovery. The token is part of every URL:
    // no log and no span of the HTTP stack may see it (a null propagator also turns off the handler's own spans). Timeouts are
    // per call: a poll is meant to be slow.
    private static HttpClient CreateHttpClient(DelegatingHandler gate)
    {
        var sockets = new SocketsHttpHandler
        {
            ActivityHeadersPropagator = null,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            MaxConnectionsPerServer = MostConnections,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
            UseCookies = false,
        };
        gate.InnerHandler = new BotApiAnswers { InnerHandler = sockets };
        return new HttpClient(gate) { Timeout = Timeout.InfiniteTimeSpan };
    }
}
