using System.Runtime.InteropServices;

namespace Clawdex.WholeSystem.Bench;

/// <summary>What the numbers depend on besides the program.</summary>
internal static class Machine
{
    public static string Load => File.Exists("/proc/loadavg") ? File.ReadAllText("/proc/loadavg").Split(' ')[0] : "unknown";

    public static string Describe()
    {
        var model = File.Exists("/proc/cpuinfo")
            ? File.ReadLines("/proc/cpuinfo").FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal))?.Split(':', 2)[1].Trim()
            : null;
        return $"{Environment.ProcessorCount} cores of {model ?? "an unknown processor"}, .NET {Environment.Version}, {RuntimeInformation.OSDescription}";
    }
}
