using System.Diagnostics;

namespace Clawdex.AppHost.Tests;

/// <summary>A service's program as it was built beside these tests.</summary>
internal static class ServiceProgram
{
    /// <param name="service">"Clawdex.Gateway".</param>
    /// <param name="arguments">Of the program.</param>
    public static ProcessStartInfo StartInfo(string service, params IEnumerable<string> arguments)
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Parent?.Name ?? "Debug";
        var project = Path.Combine(Projects.Clawdex_AppHost.ProjectPath, "..", service);
        return new ProcessStartInfo("dotnet", [Path.Combine(project, "bin", configuration, "net10.0", $"{service}.dll"), .. arguments])
        {
            RedirectStandardOutput = true,
            WorkingDirectory = project,
        };
    }
}
