using Clawdex.LlmEmulator.Scripts;
using Clawdex.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Clawdex.AppHost.Tests.Telemetry;

/// <summary>What somebody who opens the genuine dashboard finds there about one message.</summary>
public sealed class DashboardTests
{
    /// <summary>Where the picture of docs/telemetry.md is kept; else it is thrown away.</summary>
    private static readonly string? KeepPicture = Environment.GetEnvironmentVariable("CLAWDEX_KEEP_SCREENSHOTS");

    private static readonly string[] BrowserArguments =
        ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [RequiresToolFact(ExternalTool.AspireCli)]
    public async Task One_trace_tells_the_story_of_one_message()
    {
        Assert.SkipUnless(ExternalTool.Missing(ExternalTool.Chromium) is null || Environment.GetEnvironmentVariable("CI") == "true", "chromium is not installed on this machine; .ci/run installs it");
        await using var dashboard = await Dashboard.StartAsync(Stop);
        await using var app = await ClawdexApp.StartAsync(new ClawdexAppOptions { Variables = dashboard.Environment }, Stop);
        var chat = await app.Telegram.Control.CreatePrivateChatAsync("Ada", Stop);
        app.Models.Script(LlmScript.Reply("Hello Ada."), Story());

        await ClawdexApp.AskAsync(chat, "I am Ada", message => message.Text == "Hello Ada.", Stop);
        await ClawdexApp.AskAsync(chat, "Tell me a story", message => message.Text.EndsWith("the end.", StringComparison.Ordinal), Stop);
        await ClawdexApp.AskAsync(chat, "/status", message => message.Text.Contains("Last trace:", StringComparison.Ordinal), Stop);

        var traces = await dashboard.AskUntilAsync(
            "api/telemetry/traces", answer => TraceSpan.Read(answer).Count(span => span.Name is "update message" or "update command") >= 3, Stop);
        var status = (await chat.GetTimelineAsync(Stop)).Last(entry => entry.Message?.Text.Contains("Last trace:", StringComparison.Ordinal) == true).Message?.Text ?? "";
        var story = TraceSpan.Read(traces).Where(span => status.Contains(span.TraceId, StringComparison.Ordinal)).ToList();
        TraceStory.Check(story);
        await CheckLogsAsync(dashboard);
        await LookAsync(dashboard, story[0].TraceId);
    }

    private static async Task CheckLogsAsync(Dashboard dashboard) =>
        await dashboard.AskUntilAsync("api/telemetry/logs", answer => answer.ToJsonString().Contains("Connected to Telegram as @", StringComparison.Ordinal), Stop);

    private static async Task LookAsync(Dashboard dashboard, string traceId)
    {
        using var playwright = await Playwright.CreateAsync();
        await using var browser = await playwright.Chromium.LaunchAsync(new() { ExecutablePath = ExternalTool.PathOf(ExternalTool.Chromium), Args = BrowserArguments });
        var page = await browser.NewPageAsync(new() { ViewportSize = new() { Width = 1400, Height = 1090 }, DeviceScaleFactor = 1 });
        page.SetDefaultTimeout((float)ClawdexApp.Patience.TotalMilliseconds);

        await page.GotoAsync(new Uri(dashboard.Address, "metrics/resource/gateway").AbsoluteUri);
        await Expect(page.GetByText("clawdex.gateway.turns", new() { Exact = true }).First).ToBeVisibleAsync();

        await page.GotoAsync(new Uri(dashboard.Address, $"traces/detail/{traceId}").AbsoluteUri);
        await Expect(page.GetByText("chat gemini-2.5-flash").First).ToBeVisibleAsync();
        await page.WaitForLoadStateAsync(LoadState.NetworkIdle);
        // That anybody on this machine may send telemetry to it is said in a bar of its own, which fades in.
        await page.AddStyleTagAsync(new() { Content = ".fluent-messagebar, .messagebars-container, fluent-message-bar { visibility: hidden !important; }" });
        // Its icons' names pop up where the mouse happens to be.
        await page.Mouse.MoveAsync(1, 500);
        using var folder = new TemporaryDirectory();
        var picture = KeepPicture is null ? folder["trace.png"] : Path.Combine(KeepPicture, "trace.png");
        await page.ScreenshotAsync(new() { Path = picture });
        Assert.True(new FileInfo(picture).Length > 10_000);
    }

    private static LlmScript Story()
    {
        string[] words = ["Once upon a time ", "there was a claw ", "that wanted to ", "learn everything ", "about the sea. ", "So it asked ", "the waves, and ", "they answered: ", "come in. And ", "it did, until ", "the end."];
        return LlmScript.Of([.. words.SelectMany(word => (ScriptStep[])[new ScriptStep.Delay(250), new ScriptStep.Text(word)]), new ScriptStep.Finish()]);
    }
}
