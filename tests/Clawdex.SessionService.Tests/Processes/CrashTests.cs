using System.Globalization;
using Clawdex.Testing;
using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Tests.Processes;

public sealed class CrashTests : IDisposable
{
    private const int Chats = 8;

    /// <summary>Each must be true of every row, whenever the process was killed. Each query finds what must not be.</summary>
    private static readonly string[] Impossible =
    [
        "SELECT 'turn without its question', id FROM turns t WHERE NOT EXISTS (SELECT 1 FROM messages m WHERE m.id = 2 * t.id AND m.session_id = t.session_id AND m.role = 'user')",
        "SELECT 'message without its turn', id FROM messages m WHERE NOT EXISTS (SELECT 1 FROM turns t WHERE t.id = m.id / 2 AND t.session_id = m.session_id)",
        "SELECT 'answer of an unanswered turn', id FROM turns t WHERE answered_at IS NULL AND EXISTS (SELECT 1 FROM messages m WHERE m.id = 2 * t.id + 1)",
        "SELECT 'answered turn without its answer', id FROM turns t WHERE answered_at IS NOT NULL AND NOT EXISTS (SELECT 1 FROM messages m WHERE m.id = 2 * t.id + 1)",
        "SELECT 'settled and not settled', id FROM turns WHERE (settled_at IS NULL) <> (state IN ('accepted', 'streaming', 'answered'))",
        "SELECT 'answered and not answered', id FROM turns WHERE (answered_at IS NULL) <> (state IN ('accepted', 'streaming', 'failed'))",
        "SELECT 'wrong count', id FROM sessions s WHERE message_count <> (SELECT count(*) FROM messages m WHERE m.session_id = s.id)",
    ];

    private readonly TemporaryDirectory _directory = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>As many as the store is tried with, or what CLAWDEX_CRASH_KILLS says; 200 take several minutes.</summary>
    private static int Kills { get; } =
        int.TryParse(Environment.GetEnvironmentVariable("CLAWDEX_CRASH_KILLS"), CultureInfo.InvariantCulture, out var kills) ? kills : TestDatabase.Kills;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Whenever_the_service_is_killed_what_it_acknowledged_is_there_once_and_in_order()
    {
        var random = new Random(Kills);
        var chats = Enumerable.Range(0, Chats).Select(chat => new CrashLoad(chat, new Random(chat))).ToArray();
        for (var kill = 0; kill < Kills; kill++)
        {
            using var service = ServiceProcess.Start(_directory["clawdex.db"]);
            // Sometimes while it opens or migrates, else in the middle of the load.
            var calls = kill % 8 == 1 ? 0 : random.Next(1, 400);
            if (calls > 0)
                await RunUntilAsync(service, chats, calls);
            await service.KillAsync(Token);
        }

        // After the last kill it works on, and answers what is stored.
        using var last = ServiceProcess.Start(_directory["clawdex.db"]);
        using var channel = await last.ConnectAsync(Token);
        AssertSound(chats);
        var client = new Wire.Sessions.SessionsClient(channel);
        var session = await client.GetSessionAsync(new Wire.GetSessionRequest { SessionKey = chats[0].SessionKey }, cancellationToken: Token);
        Assert.InRange(session.MessageCount, chats[0].Acknowledged.Count, int.MaxValue);
    }

    /// <summary>Loads the service until it has answered so many calls; others are under way then.</summary>
    private async Task RunUntilAsync(ServiceProcess service, IReadOnlyList<CrashLoad> chats, int calls)
    {
        using var channel = await service.ConnectAsync(Token);
        var client = new Wire.Sessions.SessionsClient(channel);
        // Behind the service's start, not before: opening the file here first would do the recovery that is to be tested.
        AssertSound(chats);
        var left = calls;
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var load = Task.WhenAll(chats.Select(chat => chat.RunAsync(
            client,
            () =>
            {
                if (Interlocked.Decrement(ref left) == 0)
                    reached.SetResult();
            },
            Token)));
        await (await Task.WhenAny(reached.Task, load)).WaitAsync(TimeSpan.FromSeconds(60), Token);
        await service.KillAsync(Token);
        await load;
    }

    private void AssertSound(IEnumerable<CrashLoad> chats)
    {
        if (!TestDatabase.HasTables(_directory["clawdex.db"]))
        {
            Assert.All(chats, chat => Assert.Empty(chat.Acknowledged));
            return;
        }

        using var connection = TestDatabase.Open(_directory["clawdex.db"]);
        Assert.Empty(TestDatabase.Damages(_directory["clawdex.db"]));
        Assert.All(Impossible, query => Assert.Empty(connection.Rows(query)));
        foreach (var chat in chats)
        {
            var stored = connection.Rows($"SELECT content FROM messages JOIN sessions s ON s.id = session_id WHERE s.session_key = '{chat.SessionKey}' AND role = 'user' ORDER BY messages.id");
            Assert.Equal(chat.Acknowledged, stored.Take(chat.Acknowledged.Count));
            // At most the one message more whose acknowledgement the kill cut off.
            Assert.InRange(stored.Count, chat.Acknowledged.Count, chat.Acknowledged.Count + 1);
            foreach (var (turnId, state) in chat.States)
            {
                var now = Enum.Parse<Wire.TurnState>(connection.Rows($"SELECT state FROM turns WHERE id = {turnId}")[0], ignoreCase: true);
                Assert.True(now >= state, $"Turn {turnId} was acknowledged as {state} and is {now}.");
            }
        }
    }
}
