using Clawdex.TelegramEmulator.Faults;
using Clawdex.Testing.Telemetry;

namespace Clawdex.AppHost.Tests.Telemetry;

/// <summary>What happens all day long without anybody asking for it is nobody's story.</summary>
public sealed class IdleTests
{
    private const int EmptyPolls = 5;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Empty_polls_and_health_probes_leave_no_trace_and_nothing_in_the_log()
    {
        await using var collector = await OtlpCollector.StartAsync(Stop);
        await using var app = await ClawdexApp.StartAsync(new ClawdexAppOptions { Variables = collector.Environment }, Stop);
        var chat = await app.Telegram.Control.CreatePrivateChatAsync("Ada", Stop);
        await app.Telegram.Control.WaitForPollAsync(ClawdexApp.Patience, Stop);
        await app.Telegram.Control.AddFaultAsync(
            new Fault(FaultKind.Respond, "getUpdates", Times: EmptyPolls, Status: 200, Body: """{"ok":true,"result":[]}"""), Stop);

        await ClawdexApp.AskAsync(chat, "before", message => message.Text.Length > 1, Stop);
        await UntilAsync(() => Task.FromResult(Updates(collector) == 1));
        var logged = collector.Logs.Count;
        await UntilAsync(async () => await app.Telegram.Control.GetFaultsAsync(Stop) is []);
        await app.WaitUntilHealthyAsync(Stop);
        await ClawdexApp.AskAsync(chat, "after", message => message.Text.Length > 1, Stop);

        // Each service exports its spans in the order of their ends.
        await UntilAsync(() => Task.FromResult(Updates(collector) == 2));
        var roots = collector.Spans.Where(span => span.ParentId.Length == 0).ToList();
        Assert.Equal(["update message", "update message"], roots.Select(span => span.Name));
        Assert.Empty(collector.Spans.Select(span => span.TraceId).Except(roots.Select(root => root.TraceId)));
        Assert.Empty(collector.Logs.Skip(logged));
    }

    private static int Updates(OtlpCollector collector) => collector.Spans.Count(span => span.Name == "update message");

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        patience.CancelAfter(ClawdexApp.Patience);
        while (!await condition())
            await Task.Delay(TimeSpan.FromMilliseconds(50), TimeProvider.System, patience.Token);
    }
}
