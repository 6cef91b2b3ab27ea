using Clawdex.TelegramEmulator;

namespace Clawdex.WholeSystem.Bench;

/// <summary>300 chats × 5 turns with a fast model, the gateway's default limits against the emulator's flood control.</summary>
internal static class FloodScenario
{
    private const int Chats = 300;
    private const int TurnsPerChat = 5;

    public static async Task RunAsync(Report report, CancellationToken cancellationToken)
    {
        await using var system = await RunningSystem.StartAsync(limits: true, cancellationToken);
        await system.Emulators.Telegram.SetLimitsAsync(new FloodLimits { Enabled = true }, cancellationToken);
        var load = await ChatLoad.CreateAsync(system.Emulators.Telegram, Chats, cancellationToken);
        await using var usage = new Usage([.. system.Product, .. system.Emulators.Processes]);
        await load.RunAsync(TurnsPerChat, cancellationToken);
        var seconds = usage.Elapsed.TotalSeconds;
        const double Turns = Chats * TurnsPerChat;
        report.Add($"flood of {Chats} chats × {TurnsPerChat} turns under flood control: turns per second", Turns / seconds, "");
        report.Add("… CPU seconds per 1,000 turns, all together, from a cold start", usage.CpuSeconds([.. system.Product, .. system.Emulators.Processes]) / Turns * 1000, "");
        report.Add("… PSS peak over all processes", usage.PeakPss, " MiB");
        report.Add("… calls per turn", load.Calls / Turns, "");
        report.Add("… 429s", load.TooManyRequests, "", "0");
        await ClosedLoopScenario.CheckAsync(system, load, (int)Turns, report, cancellationToken);
    }
}
