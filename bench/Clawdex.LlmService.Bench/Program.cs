using System.Diagnostics;
using System.Globalization;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.LlmService.Bench;

const int ThroughputDeltas = 200_000;
const int LatencyDeltas = 3_000;
const int Rounds = 3;

CultureInfo.DefaultThreadCurrentCulture = CultureInfo.InvariantCulture;
using var interrupted = new CancellationTokenSource();
Console.CancelKeyPress += (_, _) => interrupted.Cancel();
await using var chain = await Chain.StartAsync(interrupted.Token);

await ThroughputAsync("warm-up", chain.ThroughServiceAsync);
await ThroughputAsync("warm-up", chain.DirectAsync);
for (var round = 1; round <= Rounds; round++)
{
    var service = await ThroughputAsync("LlmService", chain.ThroughServiceAsync);
    var direct = await ThroughputAsync("direct", chain.DirectAsync);
    Console.WriteLine($"round {round}: throughput ratio service / direct {service / direct:0.00}");

    var (median, p99) = await LatencyAsync("LlmService", chain.ThroughServiceAsync);
    var (directMedian, directP99) = await LatencyAsync("direct", chain.DirectAsync);
    Console.WriteLine(
        $"round {round}: latency ratio service / direct: median {median / directMedian:0.00}, p99 {p99 / directP99:0.00}; "
        + $"added: median {median - directMedian:0} µs, p99 {p99 - directP99:0} µs");
}

// Deltas per second of a flood, and what all of them together allocate in this process (emulator, service and client).
async Task<double> ThroughputAsync(string name, Func<CancellationToken, IAsyncEnumerable<string>> read)
{
    chain.Emulator.Script(LlmScript.Of(new ScriptStep.Text("word ", ThroughputDeltas), new ScriptStep.Finish()));
    var allocated = GC.GetTotalAllocatedBytes();
    var start = Stopwatch.GetTimestamp();
    var count = 0;
    await foreach (var _ in read(interrupted.Token))
        count++;
    var perSecond = count / Stopwatch.GetElapsedTime(start).TotalSeconds;
    Console.WriteLine($"{name,-10} {perSecond,10:0} deltas/s {(GC.GetTotalAllocatedBytes() - allocated) / (double)count,8:0} B/delta");
    return perSecond;
}

// Microseconds from the moment the provider may send a delta until the client has it.
async Task<(double Median, double P99)> LatencyAsync(string name, Func<CancellationToken, IAsyncEnumerable<string>> read)
{
    var run = Guid.NewGuid().ToString("N");
    chain.Emulator.Script(LlmScript.Of(
    [
        .. Enumerable.Range(0, LatencyDeltas).SelectMany<int, ScriptStep>(i => [new ScriptStep.Text("word "), new ScriptStep.Hold($"{run} {i}")]),
        new ScriptStep.Finish(),
    ]));
    var waits = new List<double>(LatencyDeltas);
    var start = 0L;
    await foreach (var _ in read(interrupted.Token))
    {
        // The first delta carries the cost of the connection.
        if (start != 0)
            waits.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        start = Stopwatch.GetTimestamp();
        chain.Emulator.Release($"{run} {waits.Count}");
    }

    waits.Sort();
    var (median, p99) = (waits[waits.Count / 2], waits[waits.Count * 99 / 100]);
    Console.WriteLine($"{name,-10} median {median,6:0} µs  p99 {p99,6:0} µs");
    return (median, p99);
}
