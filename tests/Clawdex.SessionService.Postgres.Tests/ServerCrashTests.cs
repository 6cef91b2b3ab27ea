using Clawdex.SessionService.Tests.Api;
using Clawdex.Testing;
using Grpc.Core;

namespace Clawdex.SessionService.Tests;

/// <summary>The server goes away and comes back. Alone, because it is everybody's server.</summary>
[Collection(nameof(ServerCrashTests))]
[CollectionDefinition(nameof(ServerCrashTests), DisableParallelization = true)]
public sealed class ServerCrashTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly string _path;

    public ServerCrashTests() => _path = _directory["clawdex.db"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_server_that_crashes_costs_calls_that_can_be_repeated_and_nothing_that_was_acknowledged()
    {
        using var service = ServiceUnderTest.StartOn(_path);
        var chat = new Conversation(service.Client);
        List<string> acknowledged = [];
        for (var i = 0; i < 200; i++)
        {
            if (i % 50 == 25)
                await PostgresServer.CrashAsync();
            await UntilStoredAsync(() => chat.AcceptAsync($"message {i}", sourceId: $"{i}"));
            acknowledged.Add($"message {i}");
        }

        Assert.Equal(acknowledged, service.Query("SELECT content FROM messages ORDER BY id"));
        Assert.StartsWith("{\"status\":\"Healthy\"", await service.Http.GetStringAsync("/health", Token), StringComparison.Ordinal);
    }

    private static async Task UntilStoredAsync(Func<Task> call)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                await call();
                return;
            }
            catch (RpcException error) when (error.StatusCode is StatusCode.Unavailable && tries < 100)
            {
            }
        }
    }
}
