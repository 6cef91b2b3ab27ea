using System.Net;
using Clawdex.LlmEmulator;
using Clawdex.TelegramEmulator;
using Clawdex.Testing;

namespace Clawdex.AppHost.Tests.Cluster;

/// <summary>
/// Several of each service on one PostgreSQL server, between a Bot API server and a model server in the test's own process. Each of
/// them reaches each other one through a link of these two, which can be cut.
/// </summary>
internal sealed class ClusterUnderTest : IAsyncDisposable
{
    /// <summary>What a link to the model server leads to.</summary>
    public const string Model = "the model";

    private const string Database = "clawdex";

    private readonly List<IReadOnlyList<CuttableLink>> _ways = [];
    private readonly LoadBalancer? _balancer;

    private ClusterUnderTest(
        LocalPostgres server, TelegramEmulatorHost telegram, LlmEmulatorHost models, LoadBalancer? balancer, int gateways, Action<string> log)
    {
        (Server, Telegram, Models, _balancer) = (server, telegram, models, balancer);
        Sessions = Several("session", 2, "Clawdex.SessionService", SessionVariables, log);
        Llms = Several("llm", 2, "Clawdex.LlmService", LlmVariables, log);
        Gateways = Several("gateway", gateways, "Clawdex.Gateway", GatewayVariables, log);
        balancer?.Route([.. Link("the load balancer", Gateways).Select(link => new HttpClient { BaseAddress = new Uri(link.Address) })]);
    }

    public LocalPostgres Server { get; }

    public TelegramEmulatorHost Telegram { get; }

    public LlmEmulatorHost Models { get; }

    public IReadOnlyList<ClusterProcess> Sessions { get; }

    public IReadOnlyList<ClusterProcess> Llms { get; }

    public IReadOnlyList<ClusterProcess> Gateways { get; }

    /// <summary>Between any two that talk; those from one to several that serve it the same are together.</summary>
    public IReadOnlyList<IReadOnlyList<CuttableLink>> Ways => _ways;

    public IEnumerable<ClusterProcess> All => [.. Sessions, .. Llms, .. Gateways];

    /// <summary>As the server itself has them, whatever is cut.</summary>
    public StoredTurns Turns => StoredTurns.OnServer(Server.ConnectionStringOf(Database));

    /// <param name="gateways">How many.</param>
    /// <param name="byWebhook">Telegram delivers; else the gateways poll.</param>
    /// <param name="log">Hears every line of every process.</param>
    public static async Task<ClusterUnderTest> StartAsync(int gateways, bool byWebhook, Action<string> log, CancellationToken cancellationToken)
    {
        var server = await LocalPostgres.StartAsync();
        var telegram = await TelegramEmulatorHost.StartAsync(new TelegramEmulatorOptions { MessagesPerChat = 20_000, TimelinePerChat = 100_000 }, null, cancellationToken);
        var models = await LlmEmulatorHost.StartAsync(cancellationToken: cancellationToken);
        var balancer = byWebhook ? await LoadBalancer.StartAsync(cancellationToken) : null;
        var cluster = new ClusterUnderTest(server, telegram, models, balancer, gateways, log);
        foreach (var process in cluster.All)
        {
            process.Start();
            // One after the other creates the database; and the first gateway is the one that polls.
            if (process == cluster.Sessions[0] || process == cluster.Gateways[0])
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
        foreach (var link in _ways.SelectMany(way => way))
            await link.DisposeAsync();
        if (_balancer is not null)
            await _balancer.DisposeAsync();
        await Models.DisposeAsync();
        await Telegram.DisposeAsync();
        await Server.DisposeAsync();
    }

    private Dictionary<string, string> SessionVariables(string name) => new()
    {
        ["ConnectionStrings__sessions"] = LocalPostgres.ConnectionStringOf(Database, Link(name, "PostgreSQL", Server.EndPoint).EndPoint),
    };

    private Dictionary<string, string> LlmVariables(string name) => new()
    {
        ["gemini__apiKey"] = "AIza-key-of-the-tests",
        ["gemini__baseUrl"] = Link(name, Model, EndPointOf(Models.BaseAddress)).Address,
        // Longer than any cut.
        ["llm__idleTimeoutSeconds"] = "15",
    };

    private Dictionary<string, string> GatewayVariables(string name)
    {
        Dictionary<string, string> variables = new()
        {
            ["channels__telegram__botToken"] = Telegram.Token,
            ["channels__telegram__apiBaseUrl"] = Link(name, "Telegram", EndPointOf(Telegram.BaseAddress)).Address,
            ["channels__telegram__everyoneIsOwner"] = "true",
            ["channels__telegram__limits__chatPerSecond"] = "3",
            ["channels__telegram__limits__groupPerMinute"] = "90",
            ["agent__limits__tokensPerDay"] = "0",
            ["agent__limits__answersAtOnce"] = "64",
        };
        foreach (var (index, link) in Link(name, Sessions).Index())
            variables[$"services__session__grpc__{index}"] = link.Address;
        foreach (var (index, link) in Link(name, Llms).Index())
            variables[$"services__llm__grpc__{index}"] = link.Address;
        if (_balancer is not null)
        {
            variables["channels__telegram__webhookUrl"] = new Uri(_balancer.Address, "/telegram/updates").ToString();
            variables["channels__telegram__webhookSecret"] = "a-secret_of-all-gateways";
        }

        return variables;
    }

    private CuttableLink Link(string from, string to, EndPoint target)
    {
        var link = new CuttableLink(from, to, target);
        _ways.Add([link]);
        return link;
    }

    private List<CuttableLink> Link(string from, IReadOnlyList<ClusterProcess> to)
    {
        List<CuttableLink> links = [.. to.Select(process => new CuttableLink(from, process.Name, EndPointOf(process.Main)))];
        _ways.Add(links);
        return links;
    }

    private static IPEndPoint EndPointOf(Uri address) => IPEndPoint.Parse(address.Authority);

    /// <param name="variablesOf">Those of the one with this name.</param>
    private static List<ClusterProcess> Several(
        string name, int count, string service, Func<string, Dictionary<string, string>> variablesOf, Action<string> log) =>
        [.. Enumerable.Range(1, count).Select(number => $"{name} {number}").Select(each => new ClusterProcess(each, service, variablesOf(each), log))];
}
