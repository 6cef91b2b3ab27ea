using System.Text;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.TelegramEmulator;
using Clawdex.TelegramEmulator.Control;

namespace Clawdex.WholeSystem.Bench;

/// <summary>
/// What one user sees of an answer that takes 10 s, with the default limits: three private chats at once, a word each 40 ms,
/// while the emulator's flood control takes 1 call per second after a burst of 3.
/// </summary>
internal static class PacingScenario
{
    private const int Chats = 3;
    private const int Words = 250;
    private const int WordMs = 40;
    private const string Question = "Tell me a story";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static async Task RunAsync(Report report, CancellationToken cancellationToken)
    {
        await using var system = await RunningSystem.StartAsync(limits: true, cancellationToken);
        await system.Emulators.Telegram.SetLimitsAsync(new FloodLimits { Enabled = true }, cancellationToken);
        var text = new StringBuilder();
        List<ScriptStep> steps = [];
        for (var i = 0; i < Words; i++)
        {
            var word = i == 0 ? "Once" : i % 12 == 0 ? " upon a time." : " word";
            text.Append(word);
            steps.Add(new ScriptStep.Delay(WordMs));
            steps.Add(new ScriptStep.Text(word));
        }

        await system.Emulators.ScriptAsync(Question, [.. steps, new ScriptStep.Finish()], cancellationToken);
        var timelines = await Task.WhenAll(Enumerable.Range(0, Chats).Select(i => WatchAsync(system.Emulators.Telegram, i, text.ToString(), cancellationToken)));
        var calls = timelines.Max(timeline => timeline.Count(entry => entry is { Ok: true, Kind: TimelineKind.Send or TimelineKind.Edit }));
        var refused = timelines.Sum(timeline => timeline.Count(entry => entry.ErrorCode == 429));
        report.Add("an answer of 10 s with the default limits: sends and edits", calls, "", "14");
        report.Add("… longest gap between two visible updates", timelines.Max(LongestGap).TotalSeconds, " s", "1.1 s");
        report.Add("… 429s under 1 call/s with a burst of 3", refused, "", "0");
    }

    private static async Task<IReadOnlyList<TimelineEntry>> WatchAsync(
        TelegramEmulatorControl telegram, int number, string text, CancellationToken cancellationToken)
    {
        var chat = await telegram.CreatePrivateChatAsync($"Reader {number}", cancellationToken);
        await chat.SendTextAsync(Question, cancellationToken);
        return await chat.WaitForTimelineAsync(timeline => timeline.Any(entry => entry.Message?.Text == text), Patience, cancellationToken);
    }

    private static TimeSpan LongestGap(IReadOnlyList<TimelineEntry> timeline)
    {
        var shown = timeline.Where(entry => entry is { Ok: true, Kind: TimelineKind.Send or TimelineKind.Edit }).Select(entry => entry.Time).ToList();
        return shown.Zip(shown.Skip(1), (before, after) => after - before).Max();
    }
}
