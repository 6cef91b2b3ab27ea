using System.Diagnostics;

namespace Clawdex.WholeSystem.Bench;

/// <summary>Programs that the bench starts beside itself; what they write is dropped.</summary>
internal static class ChildProcess
{
    public static Process Start(string assembly, params IReadOnlyList<string> arguments) =>
        Start(new ProcessStartInfo("dotnet", [assembly, .. arguments]));

    public static Process Start(ProcessStartInfo start)
    {
        start.RedirectStandardOutput = true;
        var process = Process.Start(start) ?? throw new InvalidOperationException($"{start.FileName} does not start");
        process.BeginOutputReadLine();
        return process;
    }

    public static async Task EndAsync(Process process)
    {
        process.Kill();
        await process.WaitForExitAsync(CancellationToken.None);
        process.Dispose();
    }
}
