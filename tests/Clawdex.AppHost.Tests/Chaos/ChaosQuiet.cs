namespace Clawdex.AppHost.Tests.Chaos;

/// <summary>The end of a chaos run, when its load has ended.</summary>
internal static class ChaosQuiet
{
    private static readonly TimeSpan QuietWithin = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    /// <summary>Something that comes late, such as a second answer, shows by then.</summary>
    private static readonly TimeSpan StaysQuiet = TimeSpan.FromSeconds(3);

    /// <summary>Longer than any wait of the product without a visible change.</summary>
    private static readonly TimeSpan StaysWrong = TimeSpan.FromSeconds(40);

    /// <summary>
    /// Until every message is answered and every turn is settled, or nothing changes any more, or the time is up: what is wrong
    /// then is wrong.
    /// </summary>
    public static async Task<IReadOnlyList<ChatVerdict>> WaitAsync(StoredTurns turns, IReadOnlyList<ChaosUser> users, CancellationToken stop)
    {
        var started = TimeProvider.System.GetTimestamp();
        var (changed, before) = (started, "");
        while (true)
        {
            List<ChatVerdict> verdicts = [];
            foreach (var user in users)
                verdicts.Add(await user.JudgeAsync(stop));
            var findings = verdicts.SelectMany(verdict => verdict.Findings).Select(found => found.Where).Concat(turns.Open()).ToList();

            var now = string.Join('\n', findings);
            if (now != before)
                (changed, before) = (TimeProvider.System.GetTimestamp(), now);
            var unchanged = TimeProvider.System.GetElapsedTime(changed);
            if (unchanged > (findings.Count == 0 ? StaysQuiet : StaysWrong) || TimeProvider.System.GetElapsedTime(started) > QuietWithin)
                return verdicts;
            await Task.Delay(Look, stop);
        }
    }
}
