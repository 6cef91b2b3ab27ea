using Wire = Clawdex.Sessions.V1;

namespace Clawdex.SessionService.Bench;

/// <summary>
/// What the services' secret costs a call, on both sides together: a service that does nothing, with it and without it in turns, so
/// that a busy machine is as busy for the one as for the other.
/// </summary>
internal static class SecretCost
{
    private const int Rounds = 21;
    private const int Calls = 3000;

    public static async Task RunAsync()
    {
        await using var open = await BenchHost.StartEmptyAsync();
        await using var guarded = await BenchHost.StartGuardedAsync();
        await MeasureAsync(open);
        await MeasureAsync(guarded);

        List<(double Microseconds, double Bytes)> without = [], with = [];
        for (var i = 0; i < Rounds; i++)
        {
            without.Add(await MeasureAsync(open));
            with.Add(await MeasureAsync(guarded));
        }

        Console.WriteLine(FormattableString.Invariant($"empty call: p50 {Median(without, round => round.Microseconds):F1} us, {Median(without, round => round.Bytes):F0} bytes"));
        Console.WriteLine(FormattableString.Invariant($"with the secret: p50 {Median(with, round => round.Microseconds):F1} us, {Median(with, round => round.Bytes):F0} bytes"));
        Console.WriteLine(FormattableString.Invariant(
            $"the secret: {Median(with.Zip(without), pair => pair.First.Microseconds - pair.Second.Microseconds):F1} us, {Median(with.Zip(without), pair => pair.First.Bytes - pair.Second.Bytes):F0} bytes"));
    }

    private static async Task<(double Microseconds, double Bytes)> MeasureAsync(BenchHost host)
    {
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var measured = await Measure.RunAsync(Calls, 1, _ => host.Client.GetContextAsync(new Wire.GetContextRequest { SessionKey = "bench" }).ResponseAsync);
        return (measured.P50, (double)(GC.GetTotalAllocatedBytes(precise: true) - before) / Calls);
    }

    private static double Median<T>(IEnumerable<T> rounds, Func<T, double> value) => rounds.Select(value).Order().ElementAt(Rounds / 2);
}
