using System.Text;
using Clawdex.LlmEmulator;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.LlmService.Tests.Hosting;
using Grpc.Core;
using Microsoft.Extensions.Logging;

namespace Clawdex.LlmService.Tests.Providers;

/// <summary>Ten thousand damaged streams through the whole service: each call ends, and nothing unforeseen is thrown.</summary>
public sealed class FuzzTests : ServiceTest
{
    private const int Streams = 10_000;
    private const int AtOnce = 4;

    private static readonly string[] Originals =
    [
        "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Grüße 🌍\"}],\"role\":\"model\"},\"index\":0}],\"modelVersion\":\"m\"}\r\n\r\n"
            + "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"end\",\"thought\":false}]},\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":3}}\r\n\r\n",
        ": OPENROUTER PROCESSING\n\ndata: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi \\ud83d\\ude00\"},\"finish_reason\":null}],\"model\":\"m\"}\n\n"
            + "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":2}}\n\ndata: [DONE]\n\n",
        "data: {\"error\":{\"code\":503,\"message\":\"overloaded\",\"status\":\"UNAVAILABLE\",\"details\":[{\"retryDelay\":\"3s\"}]}}\n\n",
        "{\n  \"error\": {\n    \"code\": 429,\n    \"message\": \"limit: 0\",\n    \"metadata\": {\"raw\": \"{\\\"error\\\":1}\"}\n  }\n}\n",
    ];

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
                Emulator.Script(LlmScript.Of(new ScriptStep.Raw(Base64: Convert.ToBase64String(Damage(random)))).On(wire) with { WhenMessageContains = name });

                var answer = await Service.AskAsync(wire is LlmWire.Gemini ? GeminiModel : OpenRouterModel, name)
                    .WaitAsync(TimeSpan.FromSeconds(20), Cancelled);

                Assert.True(answer.Finished is not null || answer.Status.StatusCode is not StatusCode.OK, name);
                if (answer.Status.StatusCode is StatusCode.Unknown)
                    Assert.Fail($"{name} {string.Join('\n', Service.Logs.Entries.Where(entry => entry.Level >= LogLevel.Error).Select(entry => entry.Text))}");
                lock (codes)
                    codes.Add(answer.Status.StatusCode);
            });

        Assert.Contains(StatusCode.OK, codes);
        Assert.Contains(StatusCode.Unavailable, codes);
        Assert.DoesNotContain(Service.Logs.Entries, entry => entry.Level >= LogLevel.Error);
    }

    private static byte[] Damage(Random random)
    {
        var bytes = Encoding.UTF8.GetBytes(Originals[random.Next(Originals.Length)] + Originals[random.Next(Originals.Length)]).ToList();
        for (var i = random.Next(1, 8); i > 0 && bytes.Count > 1; i--)
        {
            var at = random.Next(bytes.Count);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes.RemoveRange(at, Math.Min(random.Next(1, 30), bytes.Count - at));
                    break;
                case 2:
                    bytes.Insert(at, (byte)"\r\n\"{}[]:,\\\0 "[random.Next(12)]);
                    break;
                case 3:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 60), bytes.Count - at)));
                    break;
                default:
                    bytes.RemoveRange(at, bytes.Count - at);
                    break;
            }
        }

        return [.. bytes];
    }
}
