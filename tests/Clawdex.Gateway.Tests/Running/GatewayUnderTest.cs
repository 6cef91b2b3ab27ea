using Clawdex.Gateway.Telegram;
using Clawdex.TelegramEmulator;
using Clawdex.TelegramEmulator.Control;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Tests.Running;

/// <summary>
/// The whole gateway in this process, between the Telegram emulator over HTTP, and the real session service and a fake model over gRPC. Pacing is
/// fast and budgets are off unless a test says otherwise.
/// </summary>
internal sealed class GatewayUnderTest : IAsyncDisposable
{
    /// <summary>For everything that happens at once; far longer than it takes.</summary>
    public static readonly TimeSpan Soon = TimeSpan.FromSeconds(20);

    private readonly BackendHost _backends;
    private readonly Dictionary<string, string?> _settings;
    private readonly TimeProvider? _time;
    private Factory? _gateway;

    private GatewayUnderTest(
        TelegramEmulatorHost telegram, BackendHost backends, SessionsUnderTest sessions, FakeLlm llm, Dictionary<string, string?> settings, TimeProvider? time)
    {
        (Telegram, _backends, Sessions, Llm, _settings, _time) = (telegram, backends, sessions, llm, settings, time);
    }

    public TelegramEmulatorHost Telegram { get; }

    public SessionsUnderTest Sessions { get; }

    public FakeLlm Llm { get; }

    public FakeLogCollector Logs { get; } = new();

    /// <summary>What the gateway's calls for a chat pass through.</summary>
    public BreakingNetwork Network { get; } = new();

    /// <summary>Everything started, and the gateway connected.</summary>
    public static async Task<GatewayUnderTest> StartAsync(params (string Key, string Value)[] settings)
    {
        var gateway = await PrepareAsync(null, settings);
        await gateway.StartGatewayAsync();
        return gateway;
    }

    /// <summary>Everything but the gateway, to be started by <see cref="StartGatewayAsync"/>.</summary>
    public static async Task<GatewayUnderTest> PrepareAsync(TimeProvider? time, params (string Key, string Value)[] settings)
    {
        var cancel = TestContext.Current.CancellationToken;
        var telegram = await TelegramEmulatorHost.StartAsync(cancel);
        var (sessions, llm) = (new SessionsUnderTest(), new FakeLlm());
        var backends = await BackendHost.StartAsync(llm, cancel);
        var all = new Dictionary<string, string?>
        {
            ["channels:telegram:botToken"] = telegram.Token,
            ["channels:telegram:apiBaseUrl"] = telegram.BaseAddress.ToString(),
            ["channels:telegram:editIntervalMs"] = "50",
            ["channels:telegram:limits:chatPerSecond"] = "0",
            ["channels:telegram:limits:groupPerMinute"] = "0",
            ["services:session:grpc:0"] = sessions.Address,
            ["services:llm:grpc:0"] = backends.Address,
            ["agent:model"] = "fake/model",
            ["agent:limits:tokensPerDay"] = "0",
            ["agent:limits:answersAtOnce"] = "1000",
            ["agent:limits:answersAtOncePerUser"] = "1000",
        };
        // Whoever says nothing about people tests something else.
        if (!settings.Any(setting => setting.Key.StartsWith("channels:telegram:allowedUsers", StringComparison.Ordinal)))
            all["channels:telegram:everyoneIsOwner"] = "true";
        foreach (var (key, value) in settings)
            all[key] = value;
        var gateway = new GatewayUnderTest(telegram, backends, sessions, llm, all, time);
        sessions.Network = gateway.Network;
        return gateway;
    }

    /// <summary>Before the gateway is started.</summary>
    public void Set(string key, string value) => _settings[key] = value;

    public async Task StartGatewayAsync()
    {
        _gateway = new Factory(_settings, Logs, Network, _time);
        using var client = _gateway.CreateClient();
        await Eventually.TrueAsync(async cancel => (await client.GetAsync("/health", cancel)).IsSuccessStatusCode);
        if (!_settings.ContainsKey("channels:telegram:webhookUrl"))
            await Telegram.Control.WaitForPollAsync(Soon, TestContext.Current.CancellationToken);
    }

    /// <summary>Starts the gateway without waiting for it to connect.</summary>
    public HttpClient StartDisconnected()
    {
        _gateway = new Factory(_settings, Logs, Network, _time);
        return _gateway.CreateClient();
    }

    /// <summary>Starts a second gateway on the same bot, which is not waited for.</summary>
    /// <param name="logs">What it logs.</param>
    /// <param name="overrides">Its settings where they differ.</param>
    public AnotherGateway StartAnother(FakeLogCollector logs, params (string Key, string Value)[] overrides)
    {
        var settings = new Dictionary<string, string?>(_settings);
        foreach (var (key, value) in overrides)
            settings[key] = value;
        var factory = new Factory(settings, logs, new BreakingNetwork(), _time);
        return new AnotherGateway(factory, factory.CreateClient());
    }

    /// <summary>Starts the gateway on sockets instead of in the test server.</summary>
    /// <returns>The addresses of its endpoints <c>http</c> and <c>webhook</c>.</returns>
    public IReadOnlyList<Uri> StartOnSockets()
    {
        _settings["Kestrel:Endpoints:http:Url"] = _settings["Kestrel:Endpoints:webhook:Url"] = "http://127.0.0.1:0";
        _gateway = new Factory(_settings, Logs, Network, _time);
        _gateway.UseKestrel();
        _gateway.StartServer();
        var addresses = _gateway.Services.GetRequiredService<IServer>().Features.GetRequiredFeature<IServerAddressesFeature>().Addresses;
        return [.. addresses.Select(address => new Uri(address))];
    }

    /// <summary>A part of the running gateway.</summary>
    public T Get<T>() where T : notnull => (_gateway ?? throw new InvalidOperationException("The gateway does not run.")).Services.GetRequiredService<T>();

    /// <summary>A client of the running gateway's own HTTP endpoints.</summary>
    public HttpClient Client() => (_gateway ?? throw new InvalidOperationException("The gateway does not run.")).CreateClient();

    /// <summary>One that sends bodies as they are, without a length where they have none.</summary>
    public HttpClient PlainClient() => (_gateway ?? throw new InvalidOperationException("The gateway does not run.")).CreateDefaultClient();

    /// <summary>Starts the gateway with settings under which it ends by itself, perhaps before it has even started.</summary>
    public void StartToFail()
    {
        try
        {
            StartDisconnected().Dispose();
        }
        catch (ObjectDisposedException)
        {
            // It was faster than the test host.
        }
    }

    /// <summary>An orderly shutdown.</summary>
    public async Task StopGatewayAsync()
    {
        if (_gateway is { } gateway)
            await gateway.DisposeAsync();
        _gateway = null;
    }

    /// <summary>As a SIGKILL: from now on nothing reaches anybody, and nothing is waited for.</summary>
    public async Task KillGatewayAsync()
    {
        Network.Kill();
        if (_gateway is { } gateway)
        {
            await gateway.Services.GetRequiredService<IHost>().StopAsync(new CancellationToken(true))
                .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await gateway.DisposeAsync();
        }

        _gateway = null;
        Network.Mend();
    }

    /// <summary>What the gateway itself would put on a button of this chat.</summary>
    public string DataOf(EmulatedChat chat, Button button) =>
        new ButtonSigner(Options.Create(new TelegramOptions { BotToken = Telegram.Token }), new ChatIds()).DataOf(new Conversation(chat.Id), button);

    public Task<EmulatedChat> ChatAsync() => Telegram.Control.CreatePrivateChatAsync("Ann", TestContext.Current.CancellationToken);

    /// <summary>Breaks the connection of the gateway's poll, once it polls.</summary>
    public async Task BreakPollAsync()
    {
        await Telegram.Control.WaitForPollAsync(Soon, TestContext.Current.CancellationToken);
        await Telegram.Control.DropPollAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await StopGatewayAsync();
        await Sessions.DisposeAsync();
        await _backends.DisposeAsync();
        await Telegram.DisposeAsync();
    }

    /// <summary>A second gateway in this process.</summary>
    internal sealed class AnotherGateway(IAsyncDisposable gateway, HttpClient http) : IAsyncDisposable
    {
        public HttpClient Http => http;

        /// <summary>An orderly shutdown.</summary>
        public async ValueTask DisposeAsync()
        {
            http.Dispose();
            await gateway.DisposeAsync();
        }
    }

    // Any type of the gateway's assembly names its entry point.
    private sealed class Factory(Dictionary<string, string?> settings, FakeLogCollector logs, BreakingNetwork network, TimeProvider? time) : WebApplicationFactory<AgentOptions>
    {
        protected override void ConfigureWebHost(IWebHostBuilder builder)
        {
            foreach (var (key, value) in settings)
                builder.UseSetting(key, value);
            builder.ConfigureLogging(logging => logging.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddFilter(null, LogLevel.Trace).AddProvider(new FakeLoggerProvider(logs)));
            builder.ConfigureTestServices(services => services.AddKeyedSingleton(BotApiClient.HttpClientKey, (_, _) => new HttpClient(
                new BotApiAnswers { InnerHandler = new BreakingHandler(network) { InnerHandler = new SocketsHttpHandler() } })
            {
                Timeout = Timeout.InfiniteTimeSpan,
            }));
            if (time is not null)
                builder.ConfigureServices(services => services.AddSingleton(time));
        }
    }
}
