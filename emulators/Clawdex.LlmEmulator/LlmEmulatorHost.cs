using System.Net;
using Clawdex.LlmEmulator.Requests;
using Clawdex.LlmEmulator.Scripts;

namespace Clawdex.LlmEmulator;

/// <summary>The emulator inside another process: a real HTTP listener on a free loopback port, and a typed remote control.</summary>
public sealed class LlmEmulatorHost : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly RequestLog _requests;
    private readonly ScriptQueue _scripts;

    private LlmEmulatorHost(WebApplication app)
    {
        _app = app;
        _requests = app.Services.GetRequiredService<RequestLog>();
        _scripts = app.Services.GetRequiredService<ScriptQueue>();
        BaseAddress = new Uri(app.Urls.Single());
    }

    public Uri BaseAddress { get; }

    /// <summary>The value for <c>gemini:baseUrl</c>.</summary>
    public string GeminiBaseUrl => BaseAddress.GetLeftPart(UriPartial.Authority);

    /// <summary>The value for <c>openrouter:baseUrl</c>.</summary>
    public string OpenRouterBaseUrl => $"{GeminiBaseUrl}/api/v1";

    /// <summary>What was received, oldest first, over all wires; the latest 1000.</summary>
    public IReadOnlyList<LlmRequest> Requests => _requests.All;

    /// <summary>What was received over the two chat wires, oldest first.</summary>
    public IReadOnlyList<LlmRequest> Chats => [.. _requests.All.Where(IsChat)];

    /// <summary>Starts an emulator; without options it answers without delay.</summary>
    public static async Task<LlmEmulatorHost> StartAsync(
        LlmEmulatorOptions? options = null, CancellationToken cancellationToken = default)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.Services.AddRoutingCore();
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        builder.AddLlmEmulator(options ?? new LlmEmulatorOptions { DelayMs = 0 });
        var app = builder.Build();
        app.UseRouting();
        app.MapLlmEmulator();
        await app.StartAsync(cancellationToken);
        return new LlmEmulatorHost(app);
    }

    /// <summary>Queues scripts for the next requests.</summary>
    public void Script(params IEnumerable<LlmScript> scripts)
    {
        foreach (var script in scripts)
            _scripts.Add(script);
    }

    /// <summary>
    /// From now on <paramref name="script"/> answers each chat that no queued script fits, until another one takes its place;
    /// where it knows none (null), the emulator answers as ever. It is called on several threads at once.
    /// </summary>
    public void AnswerWith(Func<LlmRequest, LlmScript?> script) => _scripts.Improvise(script);

    /// <summary>Lets every present and later <see cref="ScriptStep.Hold"/> of this name pass.</summary>
    public void Release(string hold) => _scripts.Release(hold);

    /// <summary>Forgets queued scripts and recorded requests.</summary>
    public void Reset()
    {
        _scripts.Clear();
        _requests.Clear();
    }

    /// <summary>The first chat request that is wanted (any when null), received already or to come.</summary>
    public Task<LlmRequest> WaitForChatAsync(CancellationToken cancellationToken, Func<LlmRequest, bool>? wanted = null) =>
        _requests.WaitAsync(request => IsChat(request) && (wanted is null || wanted(request)), cancellationToken);

    /// <summary>The first request on any wire that is wanted, received already or to come.</summary>
    public Task<LlmRequest> WaitForRequestAsync(Func<LlmRequest, bool> wanted, CancellationToken cancellationToken) =>
        _requests.WaitAsync(wanted, cancellationToken);

    public async ValueTask DisposeAsync()
    {
        // Open streams (a stalled one above all) must not hold up a test's end.
        using var atOnce = new CancellationTokenSource();
        await atOnce.CancelAsync();
        await _app.StopAsync(atOnce.Token);
        await _app.DisposeAsync();
    }

    private static bool IsChat(LlmRequest request) => request.Wire is LlmWire.Gemini or LlmWire.OpenRouter;
}
