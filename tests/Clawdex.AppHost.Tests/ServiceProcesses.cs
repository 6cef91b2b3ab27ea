using System.Diagnostics;

namespace Clawdex.AppHost.Tests;

/// <summary>
/// The processes of one system under test, found by a variable in their environment that no other process has. Linux only.
/// </summary>
internal sealed class ServiceProcesses(string system)
{
    /// <summary>Names the system that a process belongs to.</summary>
    public const string SystemVariable = "CLAWDEX_TEST_SYSTEM";

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(25);

    /// <summary>SIGKILL for the service's process, as soon as there is one. Returns when it is gone.</summary>
    public async Task KillAsync(string service, TimeSpan patience, CancellationToken cancellationToken)
    {
        if (!await HasStartedAsync(service, patience, cancellationToken) || Find(service) is not { } id)
            throw new InvalidOperationException($"There is no process of {service} to kill");
        using var process = Process.GetProcessById(id);
        process.Kill();
        await process.WaitForExitAsync(cancellationToken);
    }

    /// <summary>The service's process stands still for a while; it is not ended, and nothing that it was told is lost.</summary>
    public async Task PauseAsync(string service, TimeSpan time, CancellationToken cancellationToken)
    {
        if (Find(service) is not { } id)
            return;
        try
        {
            await SignalAsync("STOP", id);
            await Task.Delay(time, cancellationToken);
        }
        finally
        {
            await SignalAsync("CONT", id);
        }
    }

    /// <summary>Waits for the service's process; false = there is none within that time.</summary>
    public async Task<bool> HasStartedAsync(string service, TimeSpan within, CancellationToken cancellationToken)
    {
        var started = TimeProvider.System.GetTimestamp();
        while (Find(service) is null)
        {
            if (TimeProvider.System.GetElapsedTime(started) > within)
                return false;
            await Task.Delay(Look, cancellationToken);
        }

        return true;
    }

    /// <summary>A variable of the environment that the orchestrator gave the service.</summary>
    public string VariableOf(string service, string name) =>
        Find(service) is { } id && Read($"/proc/{id}", "environ").Split('\0').FirstOrDefault(entry => entry.StartsWith($"{name}=", StringComparison.Ordinal)) is { } variable
            ? variable[(name.Length + 1)..]
            : throw new InvalidOperationException($"{service} does not run, or has no {name}");

    /// <summary>The id of the service's process; null = it does not run.</summary>
    private int? Find(string service)
    {
        var program = ProgramOf(service);
        foreach (var folder in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(folder), out var id) && Runs(program, folder) && BelongsToSystem(folder))
                return id;
        }

        return null;
    }

    /// <summary>One that is gone meanwhile hears nothing.</summary>
    private static async Task SignalAsync(string signal, int id)
    {
        using var kill = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"kill -{signal} {id} 2>/dev/null"]))
            ?? throw new InvalidOperationException("There is no shell");
        await kill.WaitForExitAsync();
    }

    private static string ProgramOf(string service) => service switch
    {
        "gateway" => "Clawdex.Gateway",
        "session" => "Clawdex.SessionService",
        "llm" => "Clawdex.LlmService",
        _ => throw new ArgumentException($"'{service}' is no service", nameof(service)),
    };

    /// <summary>The program's own executable, or dotnet with the program's assembly; not "dotnet run".</summary>
    private static bool Runs(string program, string folder) => Read(folder, "cmdline").Split('\0') switch
    {
        [var executable, ..] when Path.GetFileName(executable) == program => true,
        [var host, var assembly, ..] when Path.GetFileName(host) == "dotnet" => Path.GetFileName(assembly) == $"{program}.dll",
        _ => false,
    };

    private bool BelongsToSystem(string folder) => Read(folder, "environ").Split('\0').Contains($"{SystemVariable}={system}");

    /// <summary>Empty for a process that is gone, is ending, or belongs to somebody else.</summary>
    private static string Read(string folder, string file)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, file));
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
