using Clawdex.TelegramEmulator;
using Clawdex.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Clawdex.Emulators.Tests.Page;

/// <summary>The chat page in a real browser. The bot's part is played by the test, step by step.</summary>
public abstract class ChatPageTest : IAsyncLifetime
{
    private static readonly string[] BrowserArguments =
        ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];

    private protected static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private TelegramEmulatorHost? _telegram;
    private BotClient? _bot;
    private IPlaywright? _playwright;
    private IBrowser? _browser;

    private protected static CancellationToken Stop => TestContext.Current.CancellationToken;

    private protected TelegramEmulatorHost Telegram => _telegram ?? throw new InvalidOperationException("Not started");

    private protected BotClient Bot => _bot ?? throw new InvalidOperationException("Not started");

    public async ValueTask InitializeAsync()
    {
        _telegram = await TelegramEmulatorHost.StartAsync(new() { FirstChat = "You" }, null, Stop);
        _bot = new(_telegram);
        await _bot.CallAsync("setMyCommands", new
        {
            commands = new[]
            {
                new { command = "help", description = "List available commands" },
                new { command = "model", description = "Show or switch the model" },
                new { command = "reset", description = "Clear the session's history" },
                new { command = "status", description = "Show model, messages, age" },
            },
        }, Stop);
    }

    public async ValueTask DisposeAsync()
    {
        if (_browser is not null)
            await _browser.DisposeAsync();
        _playwright?.Dispose();
        _bot?.Dispose();
        if (_telegram is not null)
            await _telegram.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    /// <param name="script">Runs in the page before its own.</param>
    private protected async Task<IPage> OpenAsync(int width = 1200, int height = 800, Uri? address = null, string? script = null)
    {
        _playwright ??= await Playwright.CreateAsync();
        _browser ??= await _playwright.Chromium.LaunchAsync(new() { ExecutablePath = ExternalTool.PathOf(ExternalTool.Chromium), Args = BrowserArguments });
        var page = await _browser.NewPageAsync(new() { ViewportSize = new() { Width = width, Height = height } });
        List<string> errors = [];
        page.PageError += (_, error) => errors.Add(error);
        if (script is not null)
            await page.AddInitScriptAsync(script);
        await page.GotoAsync((address ?? Telegram.Page).ToString());
        await Expect(page.Locator("#chat-title")).ToHaveTextAsync("You");
        Assert.Empty(errors);
        return page;
    }
}
