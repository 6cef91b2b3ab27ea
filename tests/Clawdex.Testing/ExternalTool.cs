using System.Diagnostics;

namespace Clawdex.Testing;

/// <summary>Programs from outside .NET that some tests need, and how to tell whether they are here.</summary>
public static class ExternalTool
{
    /// <summary>Debian's package <c>chromium</c>.</summary>
    public const string Chromium = "chromium";

    private const string PostgresFolder = "/usr/lib/postgresql";

    /// <summary>A foreign gRPC implementation: Debian's <c>python3-grpcio</c> and <c>python3-grpc-tools</c>, seen by /usr/bin/python3 only.</summary>
    public const string PythonGrpc = "python3-grpcio";

    /// <summary>Debian's package <c>postgresql</c>: its server, whose folder is on no path.</summary>
    public const string Postgres = "postgresql";

    /// <summary>The path of an installed tool.</summary>
    /// <exception cref="InvalidOperationException">It is missing.</exception>
    public static string PathOf(string tool) =>
        Find(tool) ?? throw new InvalidOperationException(Missing(tool));

    /// <summary>Why a test that needs <paramref name="tool"/> cannot run; null when it can.</summary>
    public static string? Missing(string tool) =>
        Find(tool) is null ? $"{tool} is not installed on this machine; .ci/run installs it" : null;

    private static string? Find(string tool) => tool switch
    {
        Chromium => OnPath("chromium") ?? OnPath("chromium-browser") ?? OnPath("google-chrome"),
        PythonGrpc => File.Exists("/usr/bin/python3") && PythonGrpcImports.Value ? "/usr/bin/python3" : null,
        Postgres => OnPath("postgres") ?? (Directory.Exists(PostgresFolder) ? Directory.GetFiles(PostgresFolder, "postgres", SearchOption.AllDirectories).Order().LastOrDefault() : null),
        _ => throw new ArgumentException($"'{tool}' is not a known tool", nameof(tool)),
    };

    private static string? OnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "")
            .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, program))
            .FirstOrDefault(File.Exists);

    private static readonly Lazy<bool> PythonGrpcImports = new(() =>
    {
        using var python = Process.Start(new ProcessStartInfo("/usr/bin/python3", ["-c", "import grpc, grpc_tools"])
        {
            RedirectStandardError = true,
        });
        python?.WaitForExit();
        return python?.ExitCode == 0;
    });
}
