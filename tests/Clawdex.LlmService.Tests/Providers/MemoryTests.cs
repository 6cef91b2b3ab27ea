using Clawdex.LlmEmulator.Scripts;
using Clawdex.LlmService.Tests.Hosting;
using Grpc.Core;

namespace Clawdex.LlmService.Tests.Providers;

/// <summary>A stream is passed on, never collected.</summary>
[Collection(nameof(Alone))]
public sealed class MemoryTests : ServiceTest
{
    private const int Deltas = 1_000_000;
    private const long AllowedGrowth = 16 * 1024 * 1024;

    [Fact]
    public async Task A_million_deltas_pass_through_without_growth()
    {
        Emulator.Script(LlmScript.Of(new ScriptStep.Text("word ", Deltas), new ScriptStep.Finish()));
        using var call = Service.Client.StreamChat(AnswerReading.Question(OpenRouterModel, "Hello"), cancellationToken: Cancelled);

        var (count, early, largest) = (0, 0L, 0L);
        await foreach (var response in call.ResponseStream.ReadAllAsync(Cancelled))
        {
            count += response.Delta is null ? 0 : 1;
            if (count == Deltas / 10 && early == 0)
                early = GC.GetTotalMemory(forceFullCollection: true);
            else if (early > 0 && count % (Deltas / 5) == 0)
                largest = Math.Max(largest, GC.GetTotalMemory(forceFullCollection: true));
        }

        Assert.Equal(Deltas, count);
        Assert.InRange(largest - early, long.MinValue, AllowedGrowth);
    }
}
