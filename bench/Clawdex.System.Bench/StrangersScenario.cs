using System.Diagnostics;
using System.Globalization;
using Clawdex.LlmEmulator.Scripts;
using Clawdex.TelegramEmulator.Control;

namespace Clawdex.WholeSystem.Bench;

/// <summary>
/// What the owner notices of 10,000 strangers who write ten messages each within a minute: his messages go one after the other for a
/// minute without them, and for a minute with them. The model's first word takes 20 ms.
/// </summary>
internal static class StrangersScenario
{
    private const long Owner = 424_242;
    private const int Strangers = 10_000;
    private const int MessagesOfEach = 10;
    private const int WarmUp = 30;
    private const string Question = "Are you there?";

    /// <summary>By how much the strangers may delay him.</summary>
    private const double MostMilliseconds = 50;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(20);

    public static async Task RunAsync(Report report, CancellationToken cancellationToken)
    {
        await using var system = await RunningSystem.StartAsync(limits: false, cancellationToken, owner: Owner);
        var telegram = system.Emulators.Telegram;
        await system.Emulators.ScriptAsync(Question, [new ScriptStep.Delay(20), new ScriptStep.Text("Yes."), new ScriptStep.Finish()], cancellationToken);
        var chat = await telegram.CreateChatAsync(new NewChat { Title = "Owner", Id = Owner }, cancellationToken);
        for (var i = 0; i < WarmUp; i++)
            await AskAsync(chat, cancellationToken);

        var alone = await AskForAWindowAsync(chat, cancellationToken);
        var flood = FloodAsync(telegram, cancellationToken);
        var among = await AskForAWindowAsync(chat, cancellationToken);
        var took = await flood;

        report.Add($"the owner's first text among {Strangers * MessagesOfEach:N0} messages of strangers in {took.TotalSeconds:F0} s, median", At(among, 0.5), " ms", null, At(alone, 0.5));
        report.Add($"… p95, and without them; at most {MostMilliseconds:F0} ms more", At(among, 0.95), " ms", $"{At(alone, 0.95) + MostMilliseconds:F0} ms", At(alone, 0.95));
        report.Add("… his messages", among.Count, "", null, alone.Count);
        report.Check(At(among, 0.95) <= At(alone, 0.95) + MostMilliseconds, "Strangers delay the owner by more than they may.");
        report.Check(system.CountStoredTurns().Turns == WarmUp + alone.Count + among.Count, "There are other turns than the owner's.");
        report.Check(took <= Window + TimeSpan.FromSeconds(3), string.Create(CultureInfo.InvariantCulture, $"The strangers needed {took.TotalSeconds:F0} s: this machine is too slow for the measurement."));
    }

    /// <summary>Sorted, in milliseconds.</summary>
    private static async Task<List<double>> AskForAWindowAsync(EmulatedChat chat, CancellationToken cancellationToken)
    {
        List<double> times = [];
        var started = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(started) < Window)
        {
            times.Add(await AskAsync(chat, cancellationToken));
            await Task.Delay(Pause, TimeProvider.System, cancellationToken);
        }

        times.Sort();
        return times;
    }

    private static async Task<double> AskAsync(EmulatedChat chat, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var asked = await chat.SendTextAsync(Question, cancellationToken);
        await chat.WaitForEntryAsync(entry => entry is { Kind: TimelineKind.Send, Ok: true } && entry.MessageId > asked.MessageId, Patience, cancellationToken);
        return Stopwatch.GetElapsedTime(started).TotalMilliseconds;
    }

    private static async Task<TimeSpan> FloodAsync(TelegramEmulatorControl telegram, CancellationToken cancellationToken)
    {
        var started = Stopwatch.GetTimestamp();
        var sent = 0;
        while (sent < Strangers * MessagesOfEach)
        {
            var due = Math.Min(Strangers * MessagesOfEach, (int)(Strangers * MessagesOfEach * (Stopwatch.GetElapsedTime(started) / Window)));
            await Task.WhenAll(Enumerable.Range(sent, due - sent).Select(number => telegram.InjectUpdateAsync(Update(number), cancellationToken)));
            sent = due;
            await Task.Delay(Tick, TimeProvider.System, cancellationToken);
        }

        return Stopwatch.GetElapsedTime(started);
    }

    private static string Update(int number)
    {
        var user = 1_000_000 + (number % Strangers);
        return string.Create(CultureInfo.InvariantCulture, $$"""
            { "message":{"message_id":{{number + 1}},"date":{{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}},"text":"who are you?",
            "chat":{"id":{{user}},"type":"private","first_name":"X"},"from":{"id":{{user}},"is_bot":false,"first_name":"X"} } }
            """);
    }

    private static double At(List<double> sorted, double quantile) => sorted[(int)(quantile * (sorted.Count - 1))];
}
