using System.Text.Json.Nodes;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.TelegramEmulator.Control;
using Clawdex.Testing;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Clawdex.AppHost.Tests.Telemetry;

/// <summary>What somebody finds, in a real browser, who opens the dashboard.</summary>
public sealed class DashboardTests(Dashboard dashboard) : IClassFixture<Dashboard>
{
    /// <summary>Where the pictures of the documents are kept; else they are thrown away.</summary>
    private static readonly string? KeepPictures = Environment.GetEnvironmentVariable("CLAWDEX_KEEP_SCREENSHOTS");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [RequiresToolFact(ExternalTool.Chromium)]
    public async Task Every_resource_runs_and_says_what_it_is_for()
    {
        var page = await dashboard.OpenAsync("");

        foreach (var (name, address) in ((string, string?)[])[("gateway", "Your bot"), ("llm", "Health"), ("session", "Health"), ("sessions", null)])
        {
            var row = Row(page, name);
            await Expect(row.GetByText("Running", new() { Exact = true })).ToBeVisibleAsync();
            if (address is not null)
                await Expect(row.GetByText(address)).ToBeVisibleAsync();
        }

        await Row(page, "session").ClickAsync();
        await Expect(page.GetByText("the only one that touches the database")).ToBeVisibleAsync();
        await Expect(page.Locator("tr").Filter(new() { HasText = "Health state" })).ToContainTextAsync("Healthy");
    }

    [RequiresToolFact(ExternalTool.Chromium)]
    public async Task A_key_is_a_masked_parameter()
    {
        var page = await dashboard.OpenAsync("?view=Parameters");

        await Expect(Row(page, "gemini-api-key").GetByText("●●●●●●●●")).ToBeVisibleAsync();
        Assert.DoesNotContain("nobody-may-see-this", await page.ContentAsync(), StringComparison.Ordinal);
    }

    [RequiresToolFact(ExternalTool.Chromium)]
    public async Task A_press_backs_the_database_up()
    {
        var page = await dashboard.OpenAsync("");
        await Row(page, "session").Locator("fluent-button[title^='Back up now']").ClickAsync();

        await Expect(page.GetByText("\"Back up now\" succeeded").First).ToBeVisibleAsync();
        var backup = Assert.Single(Directory.GetFiles(Path.Combine(dashboard.App.DataDirectory, "backups")));
        Assert.Matches(@"^clawdex-[\d-]{17}\.db$", Path.GetFileName(backup));
    }

    [RequiresToolFact(ExternalTool.Chromium)]
    public async Task The_chat_goes_on_after_a_service_was_restarted_here()
    {
        var chat = await dashboard.App.Telegram.Control.CreatePrivateChatAsync("Bob", Stop);
        await ClawdexApp.AskAsync(chat, "before", Answered, Stop);
        var page = await dashboard.OpenAsync("");

        await Row(page, "llm").Locator("fluent-button[title='Actions']").ClickAsync();
        await page.Locator("fluent-menu-item").Filter(new() { HasTextString = "Restart" }).First.ClickAsync();
        await Expect(page.GetByText("\"Restart\" succeeded").First).ToBeVisibleAsync(new() { Timeout = (float)ClawdexApp.Patience.TotalMilliseconds });

        await ClawdexApp.AskAsync(chat, "after", Answered, Stop);
        await dashboard.App.WaitUntilHealthyAsync(Stop);
    }

    [RequiresToolFact(ExternalTool.Chromium)]
    public async Task One_trace_tells_the_story_of_one_message()
    {
        var chat = await dashboard.App.Telegram.Control.CreatePrivateChatAsync("Ada", Stop);
        dashboard.App.Models.Script(LlmScript.Reply("Hello Ada.") with { WhenMessageContains = "I am Ada" }, Story() with { WhenMessageContains = "a story" });

        await ClawdexApp.AskAsync(chat, "I am Ada", message => message.Text == "Hello Ada.", Stop);
        await ClawdexApp.AskAsync(chat, "Tell me a story", message => message.Text.EndsWith("the end.", StringComparison.Ordinal), Stop);
        var status = await ClawdexApp.AskAsync(chat, "/status", message => message.Text.Contains("Last trace:", StringComparison.Ordinal), Stop);

        var traces = await dashboard.AskUntilAsync("api/telemetry/traces", answer => IsComplete(SpansOf(answer)), Stop);
        TraceStory.Check(SpansOf(traces));
        await dashboard.AskUntilAsync("api/telemetry/logs", answer => answer.ToJsonString().Contains("Connected to Telegram as @", StringComparison.Ordinal), Stop);
        await LookAsync(SpansOf(traces)[0].TraceId);

        List<TraceSpan> SpansOf(JsonNode answer) =>
            [.. TraceSpan.Read(answer).Where(span => status.Text.Contains(span.TraceId, StringComparison.Ordinal))];

        // Each service exports for itself, so that a span may be there before its parent.
        static bool IsComplete(List<TraceSpan> story) =>
            story.Any(span => span.Name == "update message") && story.All(span => span.ParentId.Length == 0 || story.Any(other => other.Id == span.ParentId));
    }

    private static ILocator Row(IPage page, string name) => page.Locator("tr").Filter(new() { Has = page.GetByText(name, new() { Exact = true }) });

    private static bool Answered(EmulatedMessage message) => message.Text.EndsWith("to talk to a real model.", StringComparison.Ordinal);

    private async Task LookAsync(string traceId)
    {
        var metrics = await dashboard.OpenAsync("metrics/resource/gateway");
        await Expect(metrics.GetByText("clawdex.gateway.turns", new() { Exact = true }).First).ToBeVisibleAsync();

        var page = await dashboard.OpenAsync($"traces/detail/{traceId}");
        await Expect(page.GetByText("chat gemini-2.5-flash").First).ToBeVisibleAsync();
        await page.WaitForLoadStateAsync(LoadState.NetworkIdle);
        // Its icons' names pop up where the mouse happens to be.
        await page.Mouse.MoveAsync(1, 500);
        using var folder = new TemporaryDirectory();
        var picture = KeepPictures is null ? folder["trace.png"] : Path.Combine(KeepPictures, "trace.png");
        await page.ScreenshotAsync(new() { Path = picture });
        Assert.True(new FileInfo(picture).Length > 10_000);
    }

    private static LlmScript Story()
    {
        string[] words = ["Once upon a time ", "there was a claw ", "that wanted to ", "learn everything ", "about the sea. ", "So it asked ", "the waves, and ", "they answered: ", "come in. And ", "it did, until ", "the end."];
        return LlmScript.Of([.. words.SelectMany(word => (ScriptStep[])[new ScriptStep.Delay(250), new ScriptStep.Text(word)]), new ScriptStep.Finish()]);
    }
}
