using System.Globalization;

namespace Clawdex.WholeSystem.Bench;

/// <summary>Some processes of one kind, and what the system charges them: CPU time and memory, from <c>/proc</c>.</summary>
internal sealed class ProcessGroup(string name, IReadOnlyList<int> processIds)
{
    // USER_HZ, which is 100 on every Linux that .NET runs on.
    private const double TicksPerSecond = 100;

    public string Name => name;

    public IReadOnlyList<int> ProcessIds => processIds;

    /// <summary>User and system time of all its processes so far, in seconds.</summary>
    public double CpuSeconds => processIds.Sum(CpuSecondsOf);

    /// <summary>Proportional set size of all its processes now, in MiB: shared pages are divided among those that share them.</summary>
    public double PssMiB => processIds.Sum(PssOf) / 1024.0;

    /// <summary>
    /// Processes whose program has one of these names, and whose environment holds one of the marks: others may run the
    /// same programs on this machine.
    /// </summary>
    public static ProcessGroup Find(string name, IReadOnlyList<string> programs, IReadOnlyList<string> marks)
    {
        List<int> found = [];
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), out var id) && Runs(folder, programs) && HasMark(folder, marks))
                found.Add(id);
        }

        return found.Count == programs.Count
            ? new(name, found)
            : throw new InvalidOperationException($"Found {found.Count} of {string.Join(", ", programs)} below /proc");
    }

    private static bool Runs(string folder, IReadOnlyList<string> programs)
    {
        var arguments = Read(folder, "cmdline").Split('\0');
        return arguments.Take(2).Any(argument => programs.Any(program =>
            Path.GetFileName(argument) == program || Path.GetFileName(argument) == $"{program}.dll"));
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
