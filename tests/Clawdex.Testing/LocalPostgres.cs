using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Clawdex.Testing;

/// <summary>
/// A PostgreSQL server of a test's own, from Debian's package, in a temporary folder and without a port: it is reached by a socket
/// in that folder.
/// </summary>
public sealed class LocalPostgres : IAsyncDisposable
{
    private const string User = "clawdex";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly TemporaryDirectory _directory = new();
    private readonly string _settings;

    private LocalPostgres(string settings) => _settings = settings;

    private static string Programs => Path.GetDirectoryName(ExternalTool.PathOf(ExternalTool.Postgres)) ?? "";

    /// <summary>Where it listens. The file's name has the port that the server would have.</summary>
    public EndPoint EndPoint => new UnixDomainSocketEndPoint(_directory[".s.PGSQL.5432"]);

    private string Data => _directory["data"];

    /// <param name="settings">More of the server's options, <c>-c name=value</c> each; they win over its own.</param>
    /// <exception cref="InvalidOperationException">PostgreSQL is not installed.</exception>
    public static async Task<LocalPostgres> StartAsync(string settings = "")
    {
        var server = new LocalPostgres(settings);
        // The server refuses to run as root, so as root it gets a folder and a user of its own.
        if (Environment.IsPrivilegedProcess)
            await RunAsync("chown", "postgres", server._directory.FullPath);
        await RunAsServerAsync("initdb", "-D", server.Data, "-U", User, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "-N");
        await server.StartAgainAsync();
        return server;
    }

    /// <summary>For a database of the server, which whoever uses it first creates.</summary>
    public string ConnectionStringOf(string database) => $"Host={_directory.FullPath};Username={User};Database={database}";

    /// <summary>The same for who reaches the server through <paramref name="relay"/>. A server encrypts nothing on its socket.</summary>
    public static string ConnectionStringOf(string database, IPEndPoint relay) =>
        $"Host={relay.Address};Port={relay.Port};SSL Mode=Disable;Username={User};Database={database}";

    /// <summary>Ends every connection at once, as a crash does. What was committed is on the disk.</summary>
    public Task StopAtOnceAsync() => RunAsServerAsync("pg_ctl", "-D", Data, "-m", "immediate", "-w", "stop");

    /// <summary>
    /// Starts the server on what is left. Nothing is flushed: no test takes the machine's power away, and after a crash the flush of
    /// hundreds of databases would take minutes.
    /// </summary>
    public Task StartAgainAsync() => RunAsServerAsync(
        "pg_ctl", "-D", Data, "-w", "-l", _directory["log"],
        "-o", $"-c listen_addresses='' -c unix_socket_directories='{_directory.FullPath}' -c max_connections=300 -c fsync=off {_settings}", "start");

    /// <summary>All of the server's processes stand still for a while, as on a machine that is suspended; one that does not run is left alone.</summary>
    public async Task PauseAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        var processes = await ProcessesAsync(cancellationToken);
        try
        {
            await SignalAsync("STOP", processes);
            await Task.Delay(time, cancellationToken);
        }
        finally
        {
            await SignalAsync("CONT", processes);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await StopAtOnceAsync();
        _directory.Dispose();
    }

    /// <summary>The server's first process before those that it has made; empty = it does not run.</summary>
    public async Task<IReadOnlyList<string>> ProcessesAsync(CancellationToken cancellationToken)
    {
        try
        {
            var first = (await File.ReadAllLinesAsync(Path.Combine(Data, "postmaster.pid"), cancellationToken))[0].Trim();
            return [first, .. (await File.ReadAllTextAsync($"/proc/{first}/task/{first}/children", cancellationToken)).Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        }
        catch (IOException)
        {
            return [];
        }
    }

    /// <summary>One that is gone meanwhile hears nothing.</summary>
    private static async Task SignalAsync(string signal, IReadOnlyList<string> processes)
    {
        foreach (var process in processes)
            await ExitCodeAsync("kill", [$"-{signal}", process]);
    }

    private static Task RunAsServerAsync(string program, params string[] arguments)
    {
        var path = Path.Combine(Programs, program);
        return Environment.IsPrivilegedProcess
            ? RunAsync("setpriv", ["--reuid=postgres", "--regid=postgres", "--clear-groups", path, .. arguments])
            : RunAsync(path, arguments);
    }

    private static async Task RunAsync(string program, params string[] arguments)
    {
        if (await ExitCodeAsync(program, arguments) != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} failed.");
    }

    private static async Task<int> ExitCodeAsync(string program, IReadOnlyList<string> arguments)
    {
        // Not its output: the server that it starts would hold the pipe open.
        using var process = Process.Start(new ProcessStartInfo("sh", ["-c", "exec \"$@\" >/dev/null 2>&1", "sh", program, .. arguments]) { WorkingDirectory = "/" })
            ?? throw new InvalidOperationException($"{program} could not be started.");
        using var patience = new CancellationTokenSource(Patience);
        await process.WaitForExitAsync(patience.Token);
        return process.ExitCode;
    }
}
