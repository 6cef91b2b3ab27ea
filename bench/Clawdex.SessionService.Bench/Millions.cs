using System.Globalization;
using Clawdex.Testing;

namespace Clawdex.SessionService.Bench;

/// <summary>
/// The ledger on PostgreSQL with millions of sessions: how large they are, how many turns a second it takes, and what it takes to
/// hold thousands of answers at the same time, against a database of next to none in the same run.
/// </summary>
internal static class Millions
{
    private const int Few = 1_000;
    private const int Connections = 32;
    private const int AnswersAtOnce = 5_000;

    /// <summary>As on a server of one's own; each commit reaches the disk, as it must.</summary>
    private const string ServerSettings = "-c fsync=on -c shared_buffers=2GB -c max_wal_size=8GB";

    private static readonly TimeSpan ShortestAnswer = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LongestAnswer = TimeSpan.FromSeconds(20);

    /// <param name="sizes">Sessions, seconds of each step.</param>
    public static async Task RunAsync(IReadOnlyList<string> sizes, CancellationToken cancellationToken)
    {
        var sessions = sizes is [var many, ..] ? int.Parse(many, CultureInfo.InvariantCulture) : 10_000_000;
        var time = TimeSpan.FromSeconds(sizes is [_, var seconds, ..] ? int.Parse(seconds, CultureInfo.InvariantCulture) : 60);
        Console.WriteLine($"PostgreSQL with {ServerSettings}");
        await using var server = await LocalPostgres.StartAsync(ServerSettings);
        List<LoadFigures> columns = [];
        await using (var store = await LargeStore.CreateAsync(server, "few", Few, cancellationToken))
            columns.Add(await ClosedAsync($"{Few:N0} sessions", store, Few, isCharged: true));

        await using (var store = await LargeStore.CreateAsync(server, "many", Math.Max(sessions, Few), cancellationToken))
        {
            await store.PrintSizesAsync(cancellationToken);
            columns.Add(await ClosedAsync($"{sessions:N0}, but {Few:N0} of them write", store, Few, isCharged: true));
            columns.Add(await ClosedAsync($"{sessions:N0}", store, store.Sessions, isCharged: true));
            columns.Add(await ClosedAsync($"{sessions:N0}, nobody charged", store, store.Sessions, isCharged: false));
            await using var load = new LedgerLoad($"{sessions:N0}, {AnswersAtOnce:N0} answers at once", store);
            await load.RunOpenAsync(AnswersAtOnce, ShortestAnswer, LongestAnswer, time, cancellationToken);
            columns.Add(load.Figures);
        }

        Print(columns);

        async Task<LoadFigures> ClosedAsync(string name, LargeStore store, int chats, bool isCharged)
        {
            await using var load = new LedgerLoad(name, store, isCharged);
            await load.RunClosedAsync(chats, Connections, time, cancellationToken);
            return load.Figures;
        }
    }

    private static void Print(List<LoadFigures> columns)
    {
        var first = columns[0];
        Row("", load => load.Name);
        Console.WriteLine($"|---|{string.Concat(columns.Select(_ => "--:|"))}");
        Row("turns a second", load => Number(load.PerSecond));
        Row("… of the first column's", load => Number(load.PerSecond / first.PerSecond));
        Row("commits a second", load => Number(load.Used.Commits / load.Time.TotalSeconds));
        Row("transactions rolled back a second", load => Number(load.Used.Rollbacks / load.Time.TotalSeconds));
        Row("accept: p50, p99, most, ms", load => $"{load.Accept}");
        Row("… p99, of the first column's", load => Number(load.Accept.P99 / first.Accept.P99));
        Row("complete: p50, p99, most, ms", load => $"{load.Complete}");
        Row("settle: p50, p99, most, ms", load => $"{load.Settle}");
        Row("WAL bytes a turn", load => Number((double)load.Used.WalBytes / load.Turns));
        Row("database grows by, bytes a turn", load => Number((double)load.Used.SizeBytes / load.Turns));
        Row("pages read into the buffers a turn", load => Number((double)load.Used.PagesRead / load.Turns));
        Row("CPU ms a turn, PostgreSQL", load => Number(load.Used.Cpu.TotalMilliseconds / load.Turns));
        Row("CPU ms a turn, session service and its callers", load => Number(load.Cpu.TotalMilliseconds / load.Turns));
        Row("cores busy, both", load => Number((load.Used.Cpu + load.Cpu) / load.Time));
        Row("answers under way at the end", load => Number(load.LeftUnderWay));
        Row("what went wrong", load => load.Troubles);

        void Row(string what, Func<LoadFigures, string> value) => Console.WriteLine($"| {what} | {string.Join(" | ", columns.Select(value))} |");
    }

    private static string Number(double value) => value.ToString(Math.Abs(value) < 10 ? "0.00" : "N0", CultureInfo.InvariantCulture);
}
