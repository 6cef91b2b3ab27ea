using System.Net;
using Clawdex.Gateway.Tests.Running;
using Clawdex.TelegramEmulator.Faults;
using Grpc.Core;
using Microsoft.Extensions.Time.Testing;

namespace Clawdex.Gateway.Tests.Updates;

/// <summary>Each state in which users get no answers, and that <c>/health</c> says so in time.</summary>
public sealed class NoAnswerHealthTests
{
    private const string Html = "<html>Not here</html>";

    private static readonly TimeSpan RedWithin = TimeSpan.FromSeconds(100);
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(2);

    /// <summary>Real time for what a step of the clock sets off.</summary>
    private static readonly TimeSpan Breath = TimeSpan.FromMilliseconds(10);

    private static readonly Dictionary<string, Trouble> Troubles = new()
    {
        ["polls: a 404 page"] = Polls(Answer(404, Html)),
        ["polls: a 401 page"] = Polls(Answer(401, Html)),
        ["polls: 401 of Telegram, which getMe does not confirm"] = Polls(Answer(401, """{"ok":false,"error_code":401,"description":"Unauthorized"}""")),
        ["polls: a 502 page"] = Polls(Answer(502, Html)),
        ["polls: a page with 200"] = Polls(Answer(200, Html)),
        ["polls: a good answer of the wrong shape"] = Polls(Answer(200, """{"ok":true,"result":true}""")),
        ["polls: a good answer without a result"] = Polls(Answer(200, """{"ok":true}""")),
        ["polls: another program polls, too"] = Polls(Answer(409, """{"ok":false,"error_code":409,"description":"Conflict: terminated by other getUpdates request"}""")),
        ["polls: too many requests"] = Polls(new Fault(FaultKind.TooManyRequests) { RetryAfter = 30 }),
        ["polls: the connection breaks"] = Polls(new Fault(FaultKind.DropBefore)),
        ["polls: never answered"] = Polls(new Fault(FaultKind.Hang)),
        ["sends: a 502 page"] = Sends(Answer(502, Html)),
        ["sends: a 404 page"] = Sends(Answer(404, Html)),
        ["sends: never answered"] = Sends(new Fault(FaultKind.Hang)),
        ["start: a 404 page"] = AtStart(Answer(404, Html)),
        ["start: a good answer of the wrong shape"] = AtStart(Answer(200, """{"ok":true,"result":true}""")),
        ["start: a good answer without a result"] = AtStart(Answer(200, """{"ok":true}""")),
        ["start: never answered"] = AtStart(new Fault(FaultKind.Hang)),
        ["start: nobody listens"] = new("telegram", (_, _) => Task.CompletedTask) { BeforeStart = true, Settings = [("channels:telegram:apiBaseUrl", "http://127.0.0.1:9")] },
        ["webhook: refused"] = Webhook(Answer(400, """{"ok":false,"error_code":400,"description":"Bad Request: bad webhook: IP address 127.0.0.1 is reserved"}""")),
        ["webhook: a 502 page"] = Webhook(Answer(502, Html)),
        ["webhook: never answered"] = Webhook(new Fault(FaultKind.Hang)),
        ["webhook: what is open cannot be listed in time"] = ByWebhook("storage", (gateway, over) => HangAt(gateway, "ListOpenTurns", over)) with { BeginsWith = "ListOpenTurns" },
        ["store: away"] = Store(new Status(StatusCode.Unavailable, "")),
        ["store: full"] = Store(new Status(StatusCode.ResourceExhausted, "")),
        ["store: broken"] = Store(new Status(StatusCode.Internal, "")),
        ["store: never answers"] = new("storage", (gateway, over) => WriteAsync(gateway, () => HangAt(gateway, "", over))),
        ["store: never stores"] = new("storage", (gateway, over) => WriteAsync(gateway, () => HangAt(gateway, "AcceptMessage", over))),
        ["recovery: broken"] = new("recovery", (gateway, _) => FailAt(gateway, "ListOpenTurns")) { BeforeStart = true, BeginsWith = "ListOpenTurns" },
        ["recovery: never answered"] = new("storage", (gateway, over) => HangAt(gateway, "ListOpenTurns", over)) { BeforeStart = true, BeginsWith = "ListOpenTurns" },
        ["people: broken"] = new("people", (gateway, _) => FailAt(gateway, "ListPeople")) { BeforeStart = true, BeginsWith = "ListPeople" },
        ["people: never answered"] = new("storage", (gateway, over) => HangAt(gateway, "ListPeople", over)) { BeforeStart = true, BeginsWith = "ListPeople" },
        ["lease: not given"] = new("lease", (gateway, _) => Refuse(gateway, new Status(StatusCode.Unavailable, ""))) { BeforeStart = true },
        ["lease: never answered"] = new("lease", (gateway, _) => WithholdLease(gateway)) { BeforeStart = true },
        ["llm: away"] = new("llm", (gateway, _) => WriteAsync(gateway, () => gateway.Llm.IsGone = true)),
        ["llm: the default model's provider is not set up"] = new("llm", (_, _) => Task.CompletedTask) { BeforeStart = true, Settings = [("agent:model", "meta-llama/llama-4-maverick")] },
        ["llm: never answers"] = new("llm", (gateway, _) => WriteAsync(gateway, () => gateway.Llm.IsSilent = true)),
    };

    public static TheoryData<string> Names => [.. Troubles.Keys];

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Health_is_red_within_100_seconds_while_users_get_no_answers(string name)
    {
        var trouble = Troubles[name];
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var over = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var gateway = await GatewayUnderTest.PrepareAsync(time, trouble.Settings);
        try
        {
            if (!trouble.BeforeStart)
                await gateway.StartGatewayAsync();
            await trouble.Begin(gateway, over.Task);
            var called = trouble.BeginsWith is { } method ? CallOf(gateway, method) : Task.CompletedTask;
            using var client = trouble.BeforeStart ? gateway.StartDisconnected() : gateway.Client();
            await called.WaitAsync(GatewayUnderTest.Soon, Cancel);

            var (status, body) = await HealthAfterAsync(RedWithin, client, time);

            Assert.Equal(HttpStatusCode.ServiceUnavailable, status);
            Assert.Contains($"\"{trouble.Check}\":{{\"status\":\"Unhealthy\"", body, StringComparison.Ordinal);
        }
        finally
        {
            over.SetResult();
        }
    }

    /// <summary>What the health is when the gateway's clock has come so far; asked all the while, as a monitor does.</summary>
    private static async Task<(HttpStatusCode Status, string Body)> HealthAfterAsync(TimeSpan wait, HttpClient client, FakeTimeProvider time)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            var isLast = time.GetElapsedTime(started) >= wait;
            var asked = client.GetAsync("/health", Cancel);
            do
            {
                // A check that waits for somebody silent does so by the same clock.
                await Task.Delay(Breath, Cancel);
                time.Advance(Step);
            }
            while (!asked.IsCompleted);

            using var answer = await asked;
            if (isLast)
                return (answer.StatusCode, await answer.Content.ReadAsStringAsync(Cancel));
        }
    }

    private static Fault Answer(int status, string body) => new(FaultKind.Respond) { Status = status, Body = body };

    private static Trouble Polls(Fault fault) => new("telegram", async (gateway, _) =>
    {
        await gateway.Telegram.Control.AddFaultAsync(fault with { Method = "getUpdates", Times = 0 }, Cancel);
        await gateway.BreakPollAsync();
    });

    private static Trouble Sends(Fault fault) => new("telegram", async (gateway, _) =>
    {
        await gateway.Telegram.Control.AddFaultAsync(fault with { Method = "sendMessage", Times = 0 }, Cancel);
        await WriteAsync(gateway, () => { });
    });

    private static Trouble AtStart(Fault fault) =>
        new("telegram", (gateway, _) => gateway.Telegram.Control.AddFaultAsync(fault with { Method = "getMe", Times = 0 }, Cancel)) { BeforeStart = true };

    private static Trouble Webhook(Fault fault) =>
        ByWebhook("telegram", (gateway, _) => gateway.Telegram.Control.AddFaultAsync(fault with { Method = "setWebhook", Times = 0 }, Cancel));

    private static Trouble ByWebhook(string check, Func<GatewayUnderTest, Task, Task> begin) =>
        new(check, begin) { BeforeStart = true, Settings = [("channels:telegram:webhookUrl", "http://127.0.0.1:9/hook"), ("channels:telegram:webhookSecret", "the-webhook_secret")] };

    private static Trouble Store(Status status) => new("storage", (gateway, _) => WriteAsync(gateway, () => Refuse(gateway, status)));

    /// <summary>Somebody writes, and then things go wrong for that message.</summary>
    private static async Task WriteAsync(GatewayUnderTest gateway, Action goWrong)
    {
        goWrong();
        var stored = CallOf(gateway, "AcceptMessage");
        await (await gateway.ChatAsync()).SayAsync("are you there?");
        await stored.WaitAsync(GatewayUnderTest.Soon, Cancel);
    }

    /// <summary>Ends when the session service is called so: the clock must not run ahead of what goes wrong then.</summary>
    private static Task CallOf(GatewayUnderTest gateway, string method)
    {
        var arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var before = gateway.Sessions.Before;
        gateway.Sessions.Before = called =>
        {
            if (called == method)
                arrived.TrySetResult();
            return before?.Invoke(called) ?? Task.CompletedTask;
        };
        return arrived.Task;
    }

    private static Task Refuse(GatewayUnderTest gateway, Status status)
    {
        gateway.Sessions.Outage = status;
        return Task.CompletedTask;
    }

    private static Task FailAt(GatewayUnderTest gateway, string method)
    {
        gateway.Sessions.Before = called => called == method ? throw new RpcException(new Status(StatusCode.Internal, "")) : Task.CompletedTask;
        return Task.CompletedTask;
    }

    /// <param name="method">Empty = every one.</param>
    private static Task HangAt(GatewayUnderTest gateway, string method, Task over)
    {
        gateway.Sessions.Before = called => method.Length == 0 || called == method ? over : Task.CompletedTask;
        return Task.CompletedTask;
    }

    private static Task WithholdLease(GatewayUnderTest gateway)
    {
        gateway.Sessions.WithholdsLease = true;
        return Task.CompletedTask;
    }

    /// <param name="Check">The health check that must say it.</param>
    /// <param name="Begin">Brings it about; the task ends when the test does.</param>
    private sealed record Trouble(string Check, Func<GatewayUnderTest, Task, Task> Begin)
    {
        public bool BeforeStart { get; init; }

        /// <summary>Not before the gateway makes this call to the session service; null = at once.</summary>
        public string? BeginsWith { get; init; }

        public (string Key, string Value)[] Settings { get; init; } = [];
    }
}
