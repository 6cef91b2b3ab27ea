using Clawdex.LlmEmulator;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.LlmService.Tests.Hosting;
using Clawdex.Testing;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Clawdex.LlmService.Tests.Providers;

/// <summary>Damaged streams through the whole service: each call ends, and nothing unforeseen is thrown.</summary>
public sealed class FuzzTests : ServiceTest
{
    private const int Streams = 1000;
    private const int AtOnce = 4;

    /// <summary>Fixed, so that a failure can be repeated.</summary>
    private const int Seed = 20260731;

    [Fact]
    public async Task No_damaged_stream_hangs_or_breaks_the_service()
    {
        var codes = new HashSet<StatusCode>();
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Streams), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = Cancelled }, async (i, _) =>
            {
                var random = new Random(Seed + i);
                var wire = i % 2 == 0 ? LlmWire.Gemini : LlmWire.OpenRouter;
                var name = $"case {i};";
                Emulator.Script(LlmScript.Of(new ScriptStep.Raw(Base64: Convert.ToBase64String(DamagedStreams.Draw(random)))).On(wire) with { WhenMessageContains = name });

                var answer = await Service.AskAsync(wire is LlmWire.Gemini ? GeminiModel : OpenRouterModel, name)
                    .WaitAsync(TimeSpan.FromSeconds(20), Cancelled);

                Assert.True(answer.Finished is not null || answer.Status.StatusCode is not StatusCode.OK, name);
                if (answer.Status.StatusCode is StatusCode.Unknown)
                    Assert.Fail($"{name} {string.Join('\n', Service.Logs.GetSnapshot().Where(entry => entry.Level >= LogLevel.Error).Select(entry => entry.Text()))}");
                lock (codes)
                    codes.Add(answer.Status.StatusCode);
            });

        Assert.Contains(StatusCode.OK, codes);
        Assert.Contains(StatusCode.Unavailable, codes);
        Assert.DoesNotContain(Service.Logs.GetSnapshot(), entry => entry.Level >= LogLevel.Error);
    }
}
