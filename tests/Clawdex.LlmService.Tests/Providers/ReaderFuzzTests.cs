using Clawdex.LlmService.Providers;
using Clawdex.LlmService.Tests.Hosting;

namespace Clawdex.LlmService.Tests.Providers;

/// <summary>
/// Ten thousand streams that are damaged, merged, mislabelled, compressed and cut anywhere: each has one end, and how it is cut
/// and packed changes nothing.
/// </summary>
[Collection(nameof(Alone))]
public sealed class ReaderFuzzTests
{
    private const int Streams = 10_000;
    private const long AllowedGrowth = 16 * 1024 * 1024;

    /// <summary>Fixed, so that a failure can be repeated.</summary>
    private const int Seed = 20261126;

    private static readonly string[] Labels = ["text/event-stream", "application/json", "text/html; charset=utf-8", "nonsense", ""];
    private static readonly string[][] Codings = [[], [], ["gzip"], ["br"], ["deflate", "gzip"]];

    [Fact]
    public async Task Each_stream_has_one_end_however_it_is_cut_and_packed()
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var ends = new HashSet<string>();
        for (var i = 0; i < Streams; i++)
        {
            var random = new Random(Seed + i);
            var provider = i % 2 == 0 ? ProviderStreams.Gemini : ProviderStreams.OpenRouter;
            var stream = DamagedStreams.Draw(random);
            var codings = Codings[random.Next(Codings.Length)];
            var packed = codings.Aggregate(stream, (bytes, coding) => Compression.Compress(coding, bytes));

            var whole = await ReadAsync(provider, [stream]);
            var cut = await ReadAsync(provider, ProviderStreams.Fragments(packed, random), Labels[random.Next(Labels.Length)], codings);
            // What is left of a broken package depends on how it is read; that it ends does not.
            if (packed.Length > 0)
                packed[random.Next(packed.Length)] ^= 0x55;
            await ReadAsync(provider, ProviderStreams.Fragments(packed, random), codings: codings);

            Assert.True(whole == cut, $"case {i}: {whole} | {cut}");
            ends.Add(whole.End);
        }

        Assert.InRange(ends.Count, 8, int.MaxValue);
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, AllowedGrowth);
    }

    /// <summary>The whole text, and how it ended.</summary>
    private static async Task<(string Text, string End)> ReadAsync(
        IChatProvider provider, IEnumerable<byte[]> fragments, string label = "text/event-stream", params IEnumerable<string> codings)
    {
        var events = await ProviderStreams.ReadAsync(provider, fragments, label, codings).WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

        Assert.All(events.SkipLast(1), next => Assert.IsType<ChatEvent.Delta>(next));
        return (
            string.Concat(events.OfType<ChatEvent.Delta>().Select(delta => delta.Text)),
            events[^1] switch
            {
                ChatEvent.Finished { Reason: var reason, Why: var why } => $"{reason} {why}",
                ChatEvent.Failed { Failure: var failure } => $"{failure}",
                var other => throw new InvalidOperationException($"A stream ends with {other}."),
            });
    }
}
