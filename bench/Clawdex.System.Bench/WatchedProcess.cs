using System.Globalization;

namespace Clawdex.WholeSystem.Bench;

/// <summary>A process under measurement, and what the system charges it: CPU time and memory, from <c>/proc</c>.</summary>
internal sealed class WatchedProcess(string name, int id)
{
    // USER_HZ, which is 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    public string Name => name;

    /// <summary>User and system time so far, in seconds.</summary>
    public double CpuSeconds => CpuSecondsOf(id);

    /// <summary>Proportional set size now, in MiB: shared pages are divided among those that share them.</summary>
    public double PssMiB => PssOf(id) / 1024.0;

    /// <summary>
    /// The process that runs the program <paramref name="name"/>, and whose environment holds one of the marks: others may run
    /// the same program on this machine.
    /// </summary>
    public static WatchedProcess Find(string name, IReadOnlyList<string> marks)
    {
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), out var id) && Runs(folder, name) && HasMark(folder, marks))
                return new(name, id);
        }

        throw new InvalidOperationException($"No process below /proc runs {name}");
    }

    private static bool Runs(string folder, string program)
    {
        var arguments = Read(folder, "cmdline").Split('\0');
        return arguments.Take(2).Any(argument => Path.GetFileName(argument) == program || Path.GetFileName(argument) == $"{program}.dll");
    }

    private static bool HasMark(string folder, IReadOnlyList<string> marks)
    {
        var environment = Read(folder, "environ");
        return marks.Any(mark => environment.Contains(mark, StringComparison.Ordinal));
    }

    private static double CpuSecondsOf(int id)
    {
        // The program's name comes in parentheses and may hold anything; utime and stime are fields 14 and 15 of the line.
        var stat = Read($"/proc/{id}", "stat");
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return (long.Parse(fields[11], CultureInfo.InvariantCulture) + long.Parse(fields[12], CultureInfo.InvariantCulture)) / TicksPerSecond;
    }

    /// <summary>KiB.</summary>
    private static long PssOf(int id)
    {
        foreach (var line in Read($"/proc/{id}", "smaps_rollup").Split('\n'))
        {
            if (line.StartsWith("Pss:", StringComparison.Ordinal))
                return long.Parse(line["Pss:".Length..].Replace("kB", "", StringComparison.Ordinal), CultureInfo.InvariantCulture);
        }

        return 0;
    }

    private static string Read(string folder, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, file));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            // It has ended, or belongs to somebody else.
            return "";
        }
    }
}
