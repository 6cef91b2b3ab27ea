using System.Collections.Concurrent;
using System.Diagnostics;
using Clawdex.Gateway.Tests.Running;
using Clawdex.TelegramEmulator.Faults;
using Clawdex.Testing;
using Microsoft.Extensions.Logging;

namespace Clawdex.Gateway.Tests.Hosting;

/// <summary>What must never leave the process: the token, and what people write. And one trace holds a whole turn.</summary>
public sealed class SecrecyTests
{
    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task No_token_and_no_text_is_in_any_log_or_span_even_when_calls_fail()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = Listen(spans);
        await using var gateway = await GatewayUnderTest.StartAsync();
        gateway.Llm.When("my private question", "A confidential answer.");
        var chat = await gateway.ChatAsync();
        await gateway.Telegram.Control.AddFaultAsync(new Fault(FaultKind.DropBefore) { Method = "getUpdates" }, Cancel);
        await gateway.Telegram.Control.AddFaultAsync(
            new Fault(FaultKind.Respond)
            {
                Method = "sendMessage",
                Status = 400,
                Body = """{"ok":false,"error_code":400,"description":"Bad Request: can't parse entities: Unsupported start tag \"confidential\""}""",
            },
            Cancel);
        await gateway.BreakPollAsync();

        await chat.SayAsync("my private question");
        await chat.ReadsAsync("A confidential answer.");
        await gateway.StopGatewayAsync();

        string[] secrets = [gateway.Telegram.Token, "private question", "confidential", "Confidential"];
        foreach (var secret in secrets)
        {
            Assert.DoesNotContain(gateway.Logs.GetSnapshot(), record => record.Says(secret));
            // The emulator's server runs in this process too, and its own spans name the address that it was called at.
            Assert.DoesNotContain(spans, span => span.Source.Name != "Microsoft.AspNetCore" && TextOf(span).Contains(secret, StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task One_trace_holds_an_update_its_turn_and_every_call_for_it()
    {
        var spans = new ConcurrentQueue<Activity>();
        using var listener = Listen(spans);
        await using var gateway = await GatewayUnderTest.StartAsync();
        gateway.Llm.When("trace me", "Traced.");
        var chat = await gateway.ChatAsync();

        await chat.SayAsync("trace me");
        await chat.ReadsAsync("Traced.");
        await gateway.StopGatewayAsync();

        var turn = gateway.Sessions.TurnsOf(chat.Id)[0];
        var trace = ActivityContext.Parse(turn.TraceParent, null).TraceId;
        var names = spans.Where(span => span.TraceId == trace && span.Source.Name == GatewayTelemetry.Name).Select(span => span.OperationName).ToList();
        Assert.Superset(new HashSet<string> { "accept", "context", "telegram send", "turn", "update message" }, names.ToHashSet());
    }

    [Fact]
    public async Task Nothing_is_logged_at_information_while_nothing_happens_and_little_for_a_turn()
    {
        await using var gateway = await GatewayUnderTest.StartAsync();
        var chat = await gateway.ChatAsync();
        var before = Noise(gateway);

        await chat.SayAsync("quiet please");
        await chat.ReadsAsync("Echo: quiet please");

        Assert.Equal(before, Noise(gateway));
    }

    private static int Noise(GatewayUnderTest gateway) => gateway.Logs.GetSnapshot().Count(record =>
        record.Level >= LogLevel.Information && record.Category?.StartsWith("Clawdex", StringComparison.Ordinal) is true);

    private static ActivityListener Listen(ConcurrentQueue<Activity> spans)
    {
        var listener = new ActivityListener
        {
            ShouldListenTo = _ => true,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = spans.Enqueue,
        };
        ActivitySource.AddActivityListener(listener);
        return listener;
    }

    private static string TextOf(Activity span) => string.Join(
        '\n',
        span.TagObjects.Select(tag => $"{tag.Key}={tag.Value}")
            .Concat(span.Events.SelectMany(happened => happened.Tags).Select(tag => $"{tag.Key}={tag.Value}"))
            .Append(span.DisplayName)
            .Append(span.StatusDescription ?? ""));
}
