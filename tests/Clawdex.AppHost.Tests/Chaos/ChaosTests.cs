using Clawdex.TelegramEmulator;
using Clawdex.Testing;

namespace Clawdex.AppHost.Tests.Chaos;

/// <summary>
/// The real processes under random load, random faults and random kills; then silence, and a look at every chat. Every message
/// must have exactly one complete answer or exactly one notice. CONTRIBUTING.md says how to run the long form and to replay a seed.
/// </summary>
public sealed class ChaosTests
{
    /// <summary>Faster than Telegram, so that more happens in a run's time; and a stalled model is noticed soon.</summary>
    private static readonly string[] Settings =
    [
        "llm:idleTimeoutSeconds=5", "channels:telegram:limits:chatPerSecond=3", "channels:telegram:limits:groupPerMinute=90",
    ];

    [Fact]
    public Task Whatever_is_killed_whenever_each_message_has_exactly_one_complete_answer_or_one_notice() => RunOnAsync(server: null);

    [RequiresToolFact(ExternalTool.Postgres)]
    public async Task On_PostgreSQL_it_has_so_too_and_the_server_crashes_as_well()
    {
        await using var server = await LocalPostgres.StartAsync();
        await RunOnAsync(server);
    }

    private static async Task RunOnAsync(LocalPostgres? server)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "finds the processes to kill in /proc");
        var stop = TestContext.Current.CancellationToken;
        var plan = ChaosPlan.FromEnvironment();
        await using var file = new StreamWriter(Path.Combine(Path.GetTempPath(), $"clawdex-chaos-{plan.Seed}{(server is null ? "" : "-postgres")}.log"));
        using var log = new ServiceLog(file);
        var telegram = new TelegramEmulatorOptions { MessagesPerChat = 20_000, TimelinePerChat = 100_000 };
        await using var app = await ClawdexApp.StartAsync(new ClawdexAppOptions { Settings = Settings, Telegram = telegram, Log = log, Postgres = server }, stop);

        var report = await RunAsync(plan, app, server, line => log.Write("chaos", line), stop);
        TestContext.Current.TestOutputHelper?.WriteLine(report.ToString());
        log.Write("chaos", report.ToString());
        Assert.True(report.IsAsItMustBe, await ExplainAsync(report, stop));
    }

    private static async Task<ChaosReport> RunAsync(ChaosPlan plan, ClawdexApp app, LocalPostgres? server, Action<string> log, CancellationToken stop)
    {
        var model = new ChaosModel(plan);
        app.Models.AnswerWith(model.Script);
        var users = await ChaosUser.GatherAsync(plan, model, app.Telegram.Control, stop);
        await ChaosFaults.InjectAsync(plan, app.Telegram.Control, stop);
        var started = TimeProvider.System.GetTimestamp();

        using var load = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var writing = Task.WhenAll(users.Select(user => user.WriteAsync(load.Token)));
        var slowness = new ChaosSlowness(plan, app, server, log);
        var slow = slowness.RunAsync(load.Token);
        var crashes = new ChaosCrashes(plan, server, log);
        var crashing = crashes.RunAsync(load.Token);
        var kills = new ChaosKills(plan, app, log);
        await kills.RunAsync(stop);
        await load.CancelAsync();
        await Task.WhenAll(writing, slow, crashing);

        var lasted = TimeProvider.System.GetElapsedTime(started);
        var faults = await ChaosFaults.CountAsync(app.Telegram.Control, stop);
        await app.Telegram.Control.ClearFaultsAsync(stop);
        model.Fails = false;
        log("the load has ended");
        var quiet = await ChaosQuiet.WaitAsync(app.Turns, users, stop);
        var verdicts = await Task.WhenAll(users.Zip(quiet, (user, verdict) => user.WithCallsAsync(verdict, stop)));

        return new ChaosReport
        {
            Plan = plan,
            Kills = kills.ToString(),
            SlowSpells = slowness.Spells,
            ServerCrashes = crashes.Count,
            TelegramFaults = faults,
            ModelFaults = model.Faults,
            Load = lasted,
            Settling = TimeProvider.System.GetElapsedTime(started) - lasted,
            Chats = [.. users.Zip(verdicts)],
            NoticesWithoutFault = verdicts.Sum(verdict => verdict.Noticed.Count(tag => !model.HasFailed(tag))),
            OpenTurns = app.Turns.Open(),
            Integrity = app.Turns.CheckIntegrity(),
        };
    }

    private static async Task<string> ExplainAsync(ChaosReport report, CancellationToken stop)
    {
        List<string> lines = [report.ToString(), .. report.OpenTurns.Select(turn => $"open: {turn}")];
        foreach (var (user, verdict) in report.Chats.Where(chat => chat.Verdict.Findings.Count > 0))
            lines.Add(await user.ExplainAsync(verdict, stop));
        return string.Join('\n', lines);
    }
}
