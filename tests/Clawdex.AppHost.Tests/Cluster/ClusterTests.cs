using System.Globalization;
using Clawdex.AppHost.Tests.Chaos;
using Clawdex.Testing;

namespace Clawdex.AppHost.Tests.Cluster;

/// <summary>
/// Several gateways, session services and LLM services on one database, of which any may be killed, or stand still for two of its
/// lives, or lose the database or the network to another one, at any time: every message has exactly one complete answer or notice, in
/// order. CONTRIBUTING.md says how to run the long form and to replay a seed.
/// </summary>
public sealed class ClusterTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <summary>An even seed has three gateways to which Telegram delivers, an odd one two of which one polls.</summary>
    [Fact]
    public async Task Whatever_fails_each_message_has_exactly_one_complete_answer_or_one_notice()
    {
        var plan = ChaosPlan.FromEnvironment();
        var byWebhook = plan.Seed % 2 == 0;
        await RunAsync(plan, byWebhook ? 3 : 2, byWebhook, async (cluster, model, log) =>
        {
            var random = plan.RandomFor("cluster");
            var fault = 1;
            var faults = new ClusterFaults(cluster, model, random, what => log($"fault {fault} of {plan.Kills}: {what}"));
            for (; fault <= plan.Kills; fault++)
            {
                await Task.Delay(TimeSpan.FromSeconds(random.NextDouble() * 5), Stop);
                await faults.FailAsync(Stop);
                // Most faults meet a cluster that works, the others one that is still coming back.
                if (random.Next(3) > 0)
                    await cluster.HealthyAsync(Stop);
            }
        });
    }

    [Fact]
    public async Task A_rolling_restart_of_every_process_costs_nobody_an_answer_or_a_word()
    {
        var report = await RunAsync(new ChaosPlan(1, 0), gateways: 2, byWebhook: true, async (cluster, _, log) =>
        {
            foreach (var process in cluster.All)
            {
                log($"{process.Name} is restarted");
                await process.RestartAsync(Stop);
                await process.HealthyAsync(Stop);
            }
        }, fails: false);

        Assert.Equal(0, report.Sum(verdict => verdict.Noticed.Count));
    }

    private static async Task<IReadOnlyList<ChatVerdict>> RunAsync(
        ChaosPlan plan, int gateways, bool byWebhook, Func<ClusterUnderTest, ChaosModel, Action<string>, Task> fail, bool fails = true)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "uses Linux' signals");
        if (ExternalTool.Missing(ExternalTool.Postgres) is { } missing && Environment.GetEnvironmentVariable("CI") != "true")
            Assert.Skip(missing);
        await using var file = new StreamWriter(Path.Combine(Path.GetTempPath(), $"clawdex-cluster-{plan.Seed}-{(byWebhook ? "webhook" : "poll")}.log"));
        void Log(string line)
        {
            lock (file)
                file.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{TimeProvider.System.GetUtcNow():HH:mm:ss.fff} {line}"));
        }

        await using var cluster = await ClusterUnderTest.StartAsync(gateways, byWebhook, Log, Stop);
        var model = new ChaosModel(plan) { Fails = fails };
        cluster.Models.AnswerWith(model.Script);
        var users = await ChaosUser.GatherAsync(plan, model, cluster.Telegram.Control, Stop);
        using var load = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var writing = Task.WhenAll(users.Select(user => user.WriteAsync(load.Token)));
        try
        {
            await fail(cluster, model, Log);
        }
        catch (TimeoutException error)
        {
            throw new TimeoutException($"With seed {plan.Seed}: {error.Message}", error);
        }

        await load.CancelAsync();
        await writing;
        model.Fails = false;
        Log("the load has ended");

        var verdicts = await ChaosQuiet.WaitAsync(cluster.Turns, users, Stop);
        var summary = $"cluster run with seed {plan.Seed}: {users.Sum(user => user.Asked.Count)} messages, {verdicts.Sum(verdict => verdict.Answers)} answers, "
            + $"{verdicts.Sum(verdict => verdict.Noticed.Count)} notices, {verdicts.Sum(verdict => verdict.Findings.Count)} findings, {cluster.Turns.Open().Count} open turns";
        Log(summary);
        TestContext.Current.TestOutputHelper?.WriteLine(summary);
        List<string> lines = [summary, .. cluster.Turns.Open().Select(turn => $"open: {turn}")];
        foreach (var (user, verdict) in users.Zip(verdicts).Where(chat => chat.Second.Findings.Count > 0))
            lines.AddRange([await user.ExplainAsync(verdict, Stop), .. cluster.Turns.StoriesIn(user.ChatId)]);
        Assert.True(lines.Count == 1, string.Join('\n', lines));
        Assert.Equal(users.Sum(user => user.Asked.Count), verdicts.Sum(verdict => verdict.Answers + verdict.Noticed.Count));
        return verdicts;
    }
}
