using Clawdex.LlmEmulator;
using Clawdex.TelegramEmulator;
using Clawdex.Testing;

namespace Clawdex.AppHost.Tests.Cluster;

/// <summary>Several of each service on one PostgreSQL server, between a Bot API server and a model server in the test's own process.</summary>
internal sealed class ClusterUnderTest : IAsyncDisposable
{
    private const string Database = "clawdex";

    private readonly LoadBalancer? _balancer;

    private ClusterUnderTest(
        LocalPostgres server, TelegramEmulatorHost telegram, LlmEmulatorHost models, LoadBalancer? balancer,
        IReadOnlyList<ClusterProcess> sessions, IReadOnlyList<ClusterProcess> llms, IReadOnlyList<ClusterProcess> gateways)
    {
        (Server, Telegram, Models, _balancer) = (server, telegram, models, balancer);
        (Sessions, Llms, Gateways) = (sessions, llms, gateways);
    }

    public LocalPostgres Server { get; }

    public TelegramEmulatorHost Telegram { get; }

    public LlmEmulatorHost Models { get; }

    public IReadOnlyList<ClusterProcess> Sessions { get; }

    public IReadOnlyList<ClusterProcess> Llms { get; }

    public IReadOnlyList<ClusterProcess> Gateways { get; }

    public IEnumerable<ClusterProcess> All => [.. Sessions, .. Llms, .. Gateways];

    public StoredTurns Turns => StoredTurns.OnServer(Server.ConnectionStringOf(Database));

    /// <param name="gateways">How many.</param>
    /// <param name="byWebhook">Telegram delivers; else the gateways poll.</param>
    /// <param name="log">Hears every line of every process.</param>
    public static async Task<ClusterUnderTest> StartAsync(int gateways, bool byWebhook, Action<string> log, CancellationToken cancellationToken)
    {
        var server = await LocalPostgres.StartAsync();
        var telegram = await TelegramEmulatorHost.StartAsync(new TelegramEmulatorOptions { MessagesPerChat = 20_000, TimelinePerChat = 100_000 }, null, cancellationToken);
        var models = await LlmEmulatorHost.StartAsync(cancellationToken: cancellationToken);
        ClusterProcess[] sessions = [.. Several("session", 2, "Clawdex.SessionService", new() { ["ConnectionStrings__sessions"] = server.ConnectionStringOf(Database) }, log)];
        ClusterProcess[] llms =
        [
            .. Several("llm", 2, "Clawdex.LlmService", new() { ["gemini__apiKey"] = "AIza-key-of-the-tests", ["gemini__baseUrl"] = models.GeminiBaseUrl.ToString(), ["llm__idleTimeoutSeconds"] = "15" }, log),
        ];
        Dictionary<string, string> variables = new()
        {
            ["channels__telegram__botToken"] = telegram.Token,
            ["channels__telegram__apiBaseUrl"] = telegram.BaseAddress.GetLeftPart(UriPartial.Authority),
            ["channels__telegram__everyoneIsOwner"] = "true",
            ["channels__telegram__limits__chatPerSecond"] = "3",
            ["channels__telegram__limits__groupPerMinute"] = "90",
            ["agent__limits__tokensPerDay"] = "0",
            ["agent__limits__answersAtOnce"] = "64",
        };
        for (var i = 0; i < 2; i++)
        {
            variables[$"services__session__grpc__{i}"] = sessions[i].Main.ToString();
            variables[$"services__llm__grpc__{i}"] = llms[i].Main.ToString();
        }

        List<ClusterProcess> all = [.. Several("gateway", gateways, "Clawdex.Gateway", variables, log)];
        var balancer = byWebhook ? await LoadBalancer.StartAsync(cancellationToken) : null;
        if (balancer is not null)
        {
            balancer.Route([.. all.Select(gateway => new HttpClient { BaseAddress = gateway.Main })]);
            variables["channels__telegram__webhookUrl"] = new Uri(balancer.Address, "/telegram/updates").ToString();
            variables["channels__telegram__webhookSecret"] = "a-secret_of-all-gateways";
        }

        var cluster = new ClusterUnderTest(server, telegram, models, balancer, sessions, llms, all);
        foreach (var process in cluster.All)
        {
            process.Start();
            // One after the other creates the database; and the first gateway is the one that polls.
            if (process == sessions[0] || process == all[0])
                await process.HealthyAsync(cancellationToken);
        }

        await cluster.HealthyAsync(cancellationToken);
        return cluster;
    }

    public async Task HealthyAsync(CancellationToken cancellationToken)
    {
        foreach (var process in All)
            await process.HealthyAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in All)
            await process.DisposeAsync();
        if (_balancer is not null)
            await _balancer.DisposeAsync();
        await Models.DisposeAsync();
        await Telegram.DisposeAsync();
        await Server.DisposeAsync();
    }

    private static IEnumerable<ClusterProcess> Several(string name, int count, string service, Dictionary<string, string> variables, Action<string> log) =>
        Enumerable.Range(1, count).Select(number => new ClusterProcess($"{name} {number}", service, variables, log));
}
