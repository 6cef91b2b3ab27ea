using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Clawdex.LlmEmulator;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.TelegramEmulator;
using Clawdex.TelegramEmulator.Control;

namespace Clawdex.WholeSystem.Bench;

/// <summary>The two emulators as processes of their own, so that their cost can be told apart from the product's.</summary>
internal sealed class Emulators : IAsyncDisposable
{
    /// <summary>Nothing of worth is behind it: a bench has no chats but its own.</summary>
    public const string Token = "1:bench";

    private const string PageToken = "page-of-the-bench";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly List<Process> _processes = [];
    private readonly HttpClient _models;

    private Emulators(Uri telegram, Uri models)
    {
        (TelegramAddress, ModelsAddress) = (telegram, models);
        Telegram = new TelegramEmulatorControl(new Uri(telegram, $"/#token={PageToken}"));
        _models = new HttpClient { BaseAddress = models };
    }

    public Uri TelegramAddress { get; }

    public Uri ModelsAddress { get; }

    public TelegramEmulatorControl Telegram { get; }

    public IReadOnlyList<WatchedProcess> Processes { get; private set; } = [];

    /// <param name="msPerWord">Of the model's answers; 0 = as fast as they can be written.</param>
    public static async Task<Emulators> StartAsync(CancellationToken cancellationToken, int msPerWord = 0)
    {
        var emulators = new Emulators(FreeAddress(), FreeAddress());
        try
        {
            emulators.Start(typeof(TelegramEmulatorHost).Assembly.Location, emulators.TelegramAddress, $"--emulator:token={Token}", $"--emulator:pageToken={PageToken}", "--emulator:firstChat=", "--emulator:timelinePerChat=20");
            emulators.Start(typeof(LlmEmulatorHost).Assembly.Location, emulators.ModelsAddress, string.Create(CultureInfo.InvariantCulture, $"--emulator:delayMs={msPerWord}"), "--emulator:geminiKey=", "--emulator:openRouterKey=");
            emulators.Processes = [new("Telegram emulator", emulators._processes[0].Id), new("LLM emulator", emulators._processes[1].Id)];
            await WaitForAsync(emulators.TelegramAddress, cancellationToken);
            await WaitForAsync(emulators.ModelsAddress, cancellationToken);
            return emulators;
        }
        catch
        {
            await emulators.DisposeAsync();
            throw;
        }
    }

    /// <summary>The same answer for every message that holds <paramref name="word"/>.</summary>
    public async Task ScriptAsync(string word, IReadOnlyList<ScriptStep> steps, CancellationToken cancellationToken)
    {
        var script = new LlmScript { Steps = steps, WhenMessageContains = word, Times = int.MaxValue };
        using var response = await _models.PostAsJsonAsync("emulator/scripts", script, cancellationToken);
        response.EnsureSuccessStatusCode();
    }

    /// <summary>When the model emulator got each chat request and wrote its answer, oldest first; the latest 1000.</summary>
    public async Task<IReadOnlyList<ModelTimes>> GetModelTimesAsync(CancellationToken cancellationToken)
    {
        var requests = await _models.GetFromJsonAsync<JsonArray>("emulator/requests", cancellationToken) ?? [];
        return
        [
            .. from request in requests
               where request["firstTextAt"] is not null
               select new ModelTimes(Micros(request["receivedAt"]), Micros(request["firstTextAt"]), Micros(request["lastWriteAt"])),
        ];
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await ChildProcess.EndAsync(process);
        }

        Telegram.Dispose();
        _models.Dispose();
    }

    private void Start(string assembly, Uri address, params IReadOnlyList<string> arguments) =>
        _processes.Add(ChildProcess.Start(assembly, [$"--urls={address.GetLeftPart(UriPartial.Authority)}", .. arguments]));

    private static async Task WaitForAsync(Uri address, CancellationToken cancellationToken)
    {
        using var http = new HttpClient();
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(Patience);
        while (true)
        {
            try
            {
                using var response = await http.GetAsync(new Uri(address, "health"), patience.Token);
                return;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(Pause, TimeProvider.System, patience.Token);
            }
        }
    }

    public static Uri FreeAddress()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return new Uri($"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/");
    }

    private static long Micros(JsonNode? time) =>
        (time.Deserialize<DateTimeOffset>() - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond;
}

/// <summary>One answer of the model, in Unix microseconds.</summary>
internal sealed record ModelTimes(long Received, long FirstText, long LastWrite);
