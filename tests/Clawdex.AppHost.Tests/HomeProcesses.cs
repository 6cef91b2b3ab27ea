namespace Clawdex.AppHost.Tests;

/// <summary>The processes of one test's system: each has the test's own folder in its environment.</summary>
internal static class HomeProcesses
{
    /// <summary>The orchestrator's own processes outlive the AppHost by a moment.</summary>
    private static readonly TimeSpan Moment = TimeSpan.FromSeconds(10);

    /// <summary>Command lines of those that do not end.</summary>
    public static async Task<IReadOnlyList<string>> LeftAsync(string folder, CancellationToken stop)
    {
        var started = TimeProvider.System.GetTimestamp();
        List<string> left;
        while ((left = [.. All(folder).Select(process => process.CommandLine)]) is not [] && TimeProvider.System.GetElapsedTime(started) < Moment)
            await Task.Delay(TimeSpan.FromMilliseconds(100), stop);
        return left;
    }

    /// <summary>What is in the environment of a program's processes.</summary>
    public static string EnvironmentOf(string program, string folder)
    {
        var environments = All(folder).Where(process => process.CommandLine.Contains(program, StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(environments);
        return string.Join('\n', environments.Select(process => process.Environment));
    }

    private static IEnumerable<(string CommandLine, string Environment)> All(string folder) =>
        from directory in Directory.EnumerateDirectories("/proc")
        let name = Path.GetFileName(directory)
        where int.TryParse(name, out _)
        let environment = ReadOrEmpty(Path.Combine(directory, "environ"))
        where environment.Contains(folder, StringComparison.Ordinal)
        select (ReadOrEmpty(Path.Combine(directory, "cmdline")).Replace('\0', ' '), environment);

    private static string ReadOrEmpty(string path)
    {
        try
        {
            return File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
