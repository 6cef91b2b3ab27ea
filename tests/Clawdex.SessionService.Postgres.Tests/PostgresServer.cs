using System.Diagnostics;
using Clawdex.Testing;
using Npgsql;

[assembly: AssemblyFixture(typeof(Clawdex.SessionService.Tests.PostgresServer))]

namespace Clawdex.SessionService.Tests;

/// <summary>
/// A PostgreSQL server of these tests' own, in a temporary folder and without a port: it is reached by a socket in that folder.
/// Where PostgreSQL is not installed, the tests are skipped, except on CI.
/// </summary>
public sealed class PostgresServer : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryDirectory? _directory;

    public PostgresServer()
    {
        if (ExternalTool.Missing(ExternalTool.Postgres) is not null)
            return;
        _directory = new TemporaryDirectory();
        Folder = _directory.FullPath;
        // The server refuses to run as root, so as root it gets a folder and a user of its own.
        if (Environment.IsPrivilegedProcess)
            Run("chown", "postgres", Folder);
        RunAsServer("initdb", "-D", DataOf(Folder), "-U", "clawdex", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N");
        Start();
    }

    /// <summary>Null = PostgreSQL is not installed.</summary>
    internal static string? Folder { get; private set; }

    private static string Programs => Path.GetDirectoryName(ExternalTool.PathOf(ExternalTool.Postgres)) ?? "";

    /// <summary>Ends every connection at once, as a crash does, and starts the server again on what is on the disk.</summary>
    internal static void Crash()
    {
        RunAsServer("pg_ctl", "-D", DataOf(Folder), "-m", "immediate", "-w", "stop");
        Start();
    }

    public void Dispose()
    {
        if (_directory is null)
            return;
        NpgsqlConnection.ClearAllPools();
        RunAsServer("pg_ctl", "-D", DataOf(Folder), "-m", "immediate", "-w", "stop");
        _directory.Dispose();
    }

    private static string DataOf(string? folder) => Path.Combine(folder ?? throw new InvalidOperationException("There is no server."), "data");

    private static void Start() => RunAsServer(
        "pg_ctl", "-D", DataOf(Folder), "-w", "-l", Path.Combine(Folder ?? "", "log"),
        "-o", $"-c listen_addresses='' -c unix_socket_directories='{Folder}' -c max_connections=300", "start");

    private static void RunAsServer(string program, params string[] arguments)
    {
        var path = Path.Combine(Programs, program);
        if (Environment.IsPrivilegedProcess)
            Run("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", path, .. arguments]);
        else
            Run(path, arguments);
    }

    private static void Run(string program, params string[] arguments)
    {
        // Not its output: the server that it starts would hold the pipe open.
        using var process = Process.Start(new ProcessStartInfo("sh", ["-c", "exec \"$@\" >/dev/null 2>&1", "sh", program, .. arguments]) { WorkingDirectory = "/" })
            ?? throw new InvalidOperationException($"{program} could not be started.");
        if (!process.WaitForExit(Patience) || process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed.");
    }
}
