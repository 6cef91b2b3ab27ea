using System.Globalization;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.TelegramEmulator.Control;

namespace Clawdex.WholeSystem.Bench;

/// <summary>
/// What the system adds to a model's own time, without limits: one message at a time, one chat after the other. The model
/// needs 20 ms to its first word and 5 ms for each further one.
/// </summary>
internal static class LatencyScenario
{
    private const int Turns = 200;
    private const int WarmUp = 30;
    private const int Chats = 10;
    private const string Question = "How late are you?";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Nobody writes within a millisecond of an answer.</summary>
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(30);

    private static readonly string[] Words = ["Twelve", " words,", " one", " after", " the", " other,", " as", " a", " model", " writes", " them", " down."];

    public static async Task RunAsync(Report report, CancellationToken cancellationToken)
    {
        Timings product;
        await using (var system = await RunningSystem.StartAsync(limits: false, cancellationToken))
            product = await MeasureAsync(system.Emulators, Turns, cancellationToken);

        Timings bare;
        await using (var emulators = await Emulators.StartAsync(cancellationToken))
        await using (await BareProcess.StartAsync(emulators, cancellationToken))
            bare = await MeasureAsync(emulators, Turns / 2, cancellationToken);

        report.Add($"added time to the first text, median of {Turns} turns", product.First(0.5), " ms", "5 ms", bare.First(0.5));
        report.Add("added time to the first text, p95", product.First(0.95), " ms", null, bare.First(0.95));
        report.Add("model's last byte to the complete text, median", product.Last(0.5), " ms", "5 ms", bare.Last(0.5));
        report.Add("model's last byte to the complete text, p95", product.Last(0.95), " ms", null, bare.Last(0.95));
    }

    private static async Task<Timings> MeasureAsync(Emulators emulators, int turns, CancellationToken cancellationToken)
    {
        IEnumerable<ScriptStep> words = Words.SelectMany((word, i) => (ScriptStep[])[new ScriptStep.Delay(i == 0 ? 20 : 5), new ScriptStep.Text(word)]);
        await emulators.ScriptAsync(Question, [.. words, new ScriptStep.Finish()], cancellationToken);
        List<EmulatedChat> chats = [];
        for (var i = 0; i < Chats; i++)
            chats.Add(await emulators.Telegram.CreatePrivateChatAsync(string.Create(CultureInfo.InvariantCulture, $"User {i}"), cancellationToken));

        List<(TimelineEntry First, TimelineEntry Complete)> shown = [];
        for (var i = 0; i < WarmUp + turns; i++)
            shown.Add(await AskAsync(emulators.Telegram, chats[i % Chats], cancellationToken));

        // One after the other: the order is the same everywhere.
        var deliveries = await emulators.Telegram.GetDeliveriesAsync(cancellationToken);
        var answers = await emulators.GetModelTimesAsync(cancellationToken);
        if (deliveries.Count != shown.Count || answers.Count != shown.Count)
            throw new InvalidOperationException($"{shown.Count} answers, {deliveries.Count} deliveries, {answers.Count} requests");
        return new(
            [.. shown.Select((turn, i) => Arrival(turn.First) - deliveries[i].Micros - (answers[i].FirstText - answers[i].Received)).Skip(WarmUp).Order()],
            [.. shown.Select((turn, i) => Arrival(turn.Complete) - answers[i].LastWrite).Skip(WarmUp).Order()]);
    }

    private static async Task<(TimelineEntry First, TimelineEntry Complete)> AskAsync(
        TelegramEmulatorControl telegram, EmulatedChat chat, CancellationToken cancellationToken)
    {
        await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        TimelineEntry? first = null;
        var events = telegram.ReadEventsAsync(cancellationToken).GetAsyncEnumerator(cancellationToken);
        await using (events.ConfigureAwait(false))
        {
            while (await events.MoveNextAsync().AsTask().WaitAsync(Patience, cancellationToken))
            {
                if (events.Current is not { } entry)
                    await chat.SendTextAsync(Question, cancellationToken);
                else if (entry.Kind is TimelineKind.Send or TimelineKind.Edit)
                {
                    first ??= entry;
                    if (entry.Message?.Text.Split(ChatLoad.Remark)[0] == string.Concat(Words))
                        return (first, entry);
                }
            }
        }

        throw new InvalidOperationException("The emulator's events have ended");
    }

    private static long Arrival(TimelineEntry entry) => entry.ArrivedMicros ?? throw new InvalidOperationException("A send without its arrival");

    /// <summary>Sorted, in microseconds.</summary>
    private sealed record Timings(IReadOnlyList<long> FirstText, IReadOnlyList<long> CompleteText)
    {
        /// <summary>Milliseconds.</summary>
        public double First(double quantile) => FirstText[(int)(quantile * (FirstText.Count - 1))] / 1000.0;

        /// <summary>Milliseconds.</summary>
        public double Last(double quantile) => CompleteText[(int)(quantile * (CompleteText.Count - 1))] / 1000.0;
    }
}
