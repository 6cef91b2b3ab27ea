using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Aspire.Hosting.Testing;
using Clawdex.Testing;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Playwright;

namespace Clawdex.AppHost.Tests.Telemetry;

/// <summary>A system under test with Aspire's dashboard, and a browser that looks at it.</summary>
public sealed class Dashboard : IAsyncLifetime
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    private static readonly string[] BrowserArguments =
        ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];

    private ClawdexApp? _app;
    private IPlaywright? _playwright;
    private IBrowser? _browser;
    private IBrowserContext? _visitor;
    private HttpClient? _http;

    internal ClawdexApp App => _app ?? throw new InvalidOperationException("Not started");

    /// <summary>Ends with a slash.</summary>
    internal Uri Address => _http?.BaseAddress ?? throw new InvalidOperationException("Not started");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _app = await ClawdexApp.StartAsync(
            new ClawdexAppOptions
            {
                Dashboard = true,
                GeminiKey = "AIza-nobody-may-see-this",
                Variables = new Dictionary<string, string> { ["OTEL_BSP_SCHEDULE_DELAY"] = "200", ["OTEL_BLRP_SCHEDULE_DELAY"] = "200", ["OTEL_METRIC_EXPORT_INTERVAL"] = "500" },
            },
            Stop);
        var login = await _app.Application.GetDashboardUrlAsync(Stop);
        _http = new HttpClient { BaseAddress = new Uri(login.GetLeftPart(UriPartial.Authority)) };
        _http.DefaultRequestHeaders.Add("x-api-key", _app.Application.Services.GetRequiredService<IConfiguration>()["AppHost:DashboardApiKey"]);
        if (ExternalTool.Missing(ExternalTool.Chromium) is null)
            await LogInAsync(login);
    }

    /// <summary>A page of the dashboard, as somebody sees it who came by the printed address.</summary>
    public async Task<IPage> OpenAsync(string path)
    {
        var page = await (_visitor ?? throw new InvalidOperationException(ExternalTool.Missing(ExternalTool.Chromium))).NewPageAsync();
        page.SetDefaultTimeout((float)ClawdexApp.Patience.TotalMilliseconds);
        await page.GotoAsync(new Uri(Address, path).AbsoluteUri);
        return page;
    }

    /// <summary>Asks the telemetry API until the answer is what the caller waits for.</summary>
    public async Task<JsonNode> AskUntilAsync(string path, Func<JsonNode, bool> isEnough, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(ClawdexApp.Patience);
        JsonNode? last = null;
        try
        {
            while (true)
            {
                last = await TryAskAsync(path, patience.Token);
                if (last is not null && isEnough(last))
                    return last;
                await Task.Delay(Pause, TimeProvider.System, patience.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"{path} never answered as wished. The last answer:\n{last}");
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
        _http?.Dispose();
        if (_app is not null)
            await _app.DisposeAsync();
    }

    private async Task LogInAsync(Uri login)
    {
        _playwright = await Playwright.CreateAsync();
        _browser = await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = ExternalTool.PathOf(ExternalTool.Chromium), Args = BrowserArguments });
        _visitor = await _browser.NewContextAsync(new() { ViewportSize = new() { Width = 1400, Height = 1090 } });
        // Its process runs, but it may not listen yet.
        await AskUntilAsync("api/telemetry/resources", _ => true, Stop);
        var page = await _visitor.NewPageAsync();
        await page.GotoAsync(login.AbsoluteUri);
        await page.WaitForURLAsync(url => !url.Contains("login", StringComparison.Ordinal));
        await page.CloseAsync();
    }

    private async Task<JsonNode?> TryAskAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await (_http ?? throw new InvalidOperationException("Not started")).GetAsync(path, cancellationToken);
            return answer.IsSuccessStatusCode ? await answer.Content.ReadFromJsonAsync<JsonNode>(cancellationToken) : null;
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}
