using System.Diagnostics;
using System.Runtime.InteropServices;

namespace Aspire.Hosting.Running;

/// <summary>What to start.</summary>
internal sealed record ProcessSpec(string FileName, IReadOnlyList<string> Arguments, string WorkingDirectory, IReadOnlyDictionary<string, string> Environment);

/// <summary>
/// One process, whose lines are handed on and which never outlives the AppHost. On Unix a shell becomes the process after it
/// has left a watcher behind; the watcher reads a pipe that only the AppHost can write to. A line means that the process has
/// ended, the pipe's end means that the AppHost has ended, however that happened: then the watcher ends the process.
/// </summary>
internal sealed class ServiceProcess : IDisposable
{
    // INT and QUIT come from the terminal to the whole group; the AppHost decides when a process ends, so they are ignored,
    // which the process inherits. "kill -0" keeps a late watcher from ending a stranger that got the same id.
    private const string WatchedStart = """
        trap '' INT QUIT HUP
        exec 3<&0
        (
          if read -r line <&3; then exit 0; fi
          PATH=$PATH:/usr/bin:/bin
          kill -TERM $$
          for second in 1 2 3 4 5 6; do sleep 1; kill -0 $$ || exit 0; done
          kill -KILL $$
        ) >/dev/null 2>&1 &
        exec 3<&- "$@" </dev/null
        """;

    // Variables that describe the AppHost itself; the services have launch profiles of their own.
    private static readonly string[] OwnVariables = ["ASPNETCORE_URLS", "DOTNET_LAUNCH_PROFILE", "ASPNETCORE_ENVIRONMENT", "DOTNET_ENVIRONMENT"];

    private const int Terminate = 15;

    private readonly Process _process;
    private readonly Task _output;

    private ServiceProcess(Process process, Action<string, bool> line)
    {
        _process = process;
        _output = Task.WhenAll(ReadAsync(process.StandardOutput, isError: false, line), ReadAsync(process.StandardError, isError: true, line));
        Exited = WaitAsync();
    }

    public int Id => _process.Id;

    /// <summary>The exit code, once the process has ended and its last lines have been handed on.</summary>
    public Task<int> Exited { get; }

    public static ServiceProcess Start(ProcessSpec spec, Action<string, bool> line)
    {
        var start = new ProcessStartInfo
        {
            WorkingDirectory = spec.WorkingDirectory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        IEnumerable<string> arguments = spec.Arguments;
        if (OperatingSystem.IsWindows())
        {
            start.FileName = spec.FileName;
        }
        else
        {
            start.FileName = "/bin/sh";
            arguments = ["-c", WatchedStart, "sh", spec.FileName, .. spec.Arguments];
        }

        foreach (var argument in arguments)
            start.ArgumentList.Add(argument);
        foreach (var name in OwnVariables)
            start.Environment.Remove(name);
        foreach (var (name, value) in spec.Environment)
            start.Environment[name] = value;

        var process = Process.Start(start) ?? throw new DistributedApplicationException($"'{spec.FileName}' could not be started.");
        return new ServiceProcess(process, line);
    }

    /// <summary>Asks the process to end; ends it when it has not done so by the time that patience is cancelled.</summary>
    public async Task StopAsync(CancellationToken patience)
    {
        if (!Exited.IsCompleted && !OperatingSystem.IsWindows())
        {
            _ = kill(_process.Id, Terminate);
            await Task.WhenAny(Exited, Task.Delay(Timeout.InfiniteTimeSpan, patience));
        }

        try
        {
            if (!Exited.IsCompleted)
                _process.Kill(entireProcessTree: true);
        }
        catch (InvalidOperationException)
        {
            // It ended in this very moment, and whoever watches it has disposed it.
        }

        await Exited;
    }

    public void Dispose() => _process.Dispose();

    private async Task<int> WaitAsync()
    {
        await _process.WaitForExitAsync();
        try
        {
            await using var watcher = _process.StandardInput.BaseStream;
            await watcher.WriteAsync("ended\n"u8.ToArray());
        }
        catch (IOException)
        {
            // The watcher is gone, too.
        }

        // A grandchild may hold the pipes open; what the process itself wrote has arrived long before.
        await Task.WhenAny(_output, Task.Delay(TimeSpan.FromMilliseconds(500)));
        return _process.ExitCode;
    }

    private static async Task ReadAsync(StreamReader reader, bool isError, Action<string, bool> line)
    {
        while (await reader.ReadLineAsync() is { } text)
            line(text, isError);
    }

    [DllImport("libc", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int kill(int processId, int signal);
}
