using Clawdex.SessionService.History;
using Clawdex.SessionService.Storage;
using FsCheck;
using FsCheck.Fluent;

namespace Clawdex.SessionService.Tests.History;

public sealed class CacheConsistencyTests : IDisposable
{
    private static readonly Config Runs = Config.QuickThrowOnFailure.WithMaxTest(TestDatabase.Sequences).WithStartSize(20).WithEndSize(250);

    private readonly ServiceUnderTest _service = ServiceUnderTest.Start();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _service.Dispose();

    [Fact]
    public Task After_any_operations_the_cache_is_what_a_cold_load_returns() =>
        CheckAsync(async operations =>
        {
            var load = new RandomLoad(_service);
            foreach (var operation in operations)
            {
                await load.RunAsync(operation, Token);
                await AssertCacheIsTrueAsync();
            }
        });

    [Fact]
    public Task After_any_operations_at_the_same_time_the_cache_is_what_a_cold_load_returns() =>
        CheckAsync(async operations =>
        {
            var load = new RandomLoad(_service);
            await Parallel.ForEachAsync(
                operations,
                new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = Token },
                async (operation, token) => await load.RunAsync(operation, token));
            await AssertCacheIsTrueAsync();
        });

    /// <summary>FsCheck blocks while a property runs: on a thread of its own it takes none from the service.</summary>
    private static Task CheckAsync(Func<Operation[], Task> property) =>
        Task.Factory.StartNew(
            () => Check.One(Runs, Prop.ForAll(RandomLoad.Sequences, property)),
            Token,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default);

    /// <summary>What is held, at the depth at which it is held.</summary>
    private async Task AssertCacheIsTrueAsync()
    {
        var cache = _service.Get<HistoryCache>();
        var reader = _service.Get<SessionReader>();
        foreach (var held in cache.Held)
        {
            var cold = await reader.ReadAsync(db => SessionHistory.LoadAsync(db, held.Session.SessionKey, held.Depth, Token), Token);
            Assert.Equal(Describe(cold), Describe(held));
        }
    }

    private static string Describe(SessionHistory? history) =>
        history is null
            ? "none"
            : $"{history with { Tail = [] }}\n{string.Join('\n', history.Tail)}";
}
