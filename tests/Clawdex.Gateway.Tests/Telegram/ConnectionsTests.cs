using Clawdex.Gateway.Markdown;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Telegram;
using Clawdex.Gateway.Telegram.Limits;
using Clawdex.Gateway.Tests.Running;
using Grpc.Net.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Telegram.Bot;

namespace Clawdex.Gateway.Tests.Telegram;

/// <summary>More calls than connections, while Telegram is slow.</summary>
public sealed class ConnectionsTests
{
    private const int Calls = 80;

    /// <summary>As many as are surely under way at once; the others wait.</summary>
    private const int AtOnce = 56;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_call_that_waited_for_a_connection_is_not_taken_for_one_that_may_have_arrived()
    {
        var time = new FakeTimeProvider();
        await using var telegram = await SlowTelegram.StartAsync();
        await using var services = Services(telegram.Address, time);

        var sends = SendAll(services);
        await Eventually.TrueAsync(() => telegram.Arrived >= AtOnce);
        Assert.InRange(telegram.Arrived, AtOnce, 64);
        time.Advance(TimeSpan.FromSeconds(19));
        telegram.AnswerAll();
        // The clock must not go on before those have heard their answers.
        await Eventually.TrueAsync(() => telegram.Arrived == Calls && sends.Count(send => send.IsCompleted) >= AtOnce);
        time.Advance(TimeSpan.FromSeconds(19));
        telegram.AnswerAll();

        Assert.All(await Task.WhenAll(sends), outcome => Assert.Equal(SendResult.Shown, outcome.Status));
    }

    [Fact]
    public async Task Updates_are_fetched_while_more_is_to_be_sent_than_there_are_connections()
    {
        await using var telegram = await SlowTelegram.StartAsync();
        await using var services = Services(telegram.Address, TimeProvider.System);
        var sends = SendAll(services);
        await Eventually.TrueAsync(() => telegram.Arrived >= AtOnce);

        Assert.Empty(await services.GetRequiredService<ITelegramBotClient>().GetUpdates(cancellationToken: Cancel).WaitAsync(GatewayUnderTest.Soon, Cancel));

        telegram.AnswerAll();
        await Eventually.TrueAsync(() => telegram.Arrived == Calls);
        telegram.AnswerAll();
        await Task.WhenAll(sends);
    }

    private static List<Task<CallOutcome>> SendAll(ServiceProvider services)
    {
        var chat = services.GetRequiredService<TelegramChat>();
        var text = TelegramText.Render("hello", complete: true)[0];
        return [.. Enumerable.Range(1, Calls).Select(id => chat.SendAsync(new Conversation(id), text, null, [], false, CallPriority.First, Cancel))];
    }

    /// <summary>What the gateway sends with; nothing of it asks the session service.</summary>
    private static ServiceProvider Services(string address, TimeProvider time)
    {
        Dictionary<string, string?> settings = new()
        {
            ["channels:telegram:botToken"] = "1234567:a-token",
            ["channels:telegram:apiBaseUrl"] = address,
        };
        var services = new ServiceCollection();
        services.AddOptions<TelegramOptions>().BindConfiguration(TelegramOptions.Section);
        return services
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build())
            .AddLogging()
            .AddSingleton(time)
            .AddSingleton(_ => new Sessions.V1.Sessions.SessionsClient(GrpcChannel.ForAddress("http://127.0.0.1:1")))
            .AddSingleton<SessionClient>()
            .AddSingleton<HistoryClient>()
            .AddBotApiClient(_ => new OpenGate())
            .AddSingleton<ChatIds>()
            .AddSingleton<BotPace>()
            .AddSingleton<ChatBudgets>()
            .AddSingleton<ButtonSigner>()
            .AddSingleton<TelegramChat>()
            .BuildServiceProvider();
    }

    private sealed class OpenGate : DelegatingHandler;

    /// <summary>A Bot API that answers sends when it is told to, and all else at once.</summary>
    private sealed class SlowTelegram(WebApplication server) : IAsyncDisposable
    {
        private volatile TaskCompletionSource _answers = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _arrived;

        public int Arrived => Volatile.Read(ref _arrived);

        public string Address => server.Urls.First();

        public static async Task<SlowTelegram> StartAsync()
        {
            // Empty: the services' appsettings.json lie in the same folder.
            var builder = WebApplication.CreateEmptyBuilder(new());
            builder.WebHost.UseKestrelCore();
            builder.Services.AddRouting();
            var server = builder.Build();
            var telegram = new SlowTelegram(server);
            server.Urls.Add("http://127.0.0.1:0");
            server.MapPost("/{bot}/{method}", telegram.AnswerAsync);
            await server.StartAsync(Cancel);
            return telegram;
        }

        /// <summary>Answers the sends that have arrived.</summary>
        public void AnswerAll() =>
            Interlocked.Exchange(ref _answers, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).SetResult();

        public ValueTask DisposeAsync() => server.DisposeAsync();

        private async Task<IResult> AnswerAsync(string method, HttpContext context)
        {
            if (!string.Equals(method, "sendMessage", StringComparison.OrdinalIgnoreCase))
                return Results.Text("""{"ok":true,"result":[]}""", "application/json");
            var answers = _answers.Task;
            Interlocked.Increment(ref _arrived);
            await answers.WaitAsync(context.RequestAborted);
            return Results.Text("""{"ok":true,"result":{"message_id":1,"date":1700000000,"chat":{"id":1,"type":"private"}}}""", "application/json");
        }
    }
}
