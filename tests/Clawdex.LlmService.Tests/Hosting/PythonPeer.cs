using System.Diagnostics;
using System.Text;
using Clawdex.Testing;

namespace Clawdex.LlmService.Tests.Hosting;

/// <summary>A Python script with stubs generated from llm.proto, both in a temporary folder; killed when disposed.</summary>
internal sealed class PythonPeer : IDisposable
{
    private readonly TemporaryDirectory _folder;
    private readonly Process _process;

    private PythonPeer(TemporaryDirectory folder, Process process)
    {
        _folder = folder;
        _process = process;
    }

    private static CancellationToken Cancelled => TestContext.Current.CancellationToken;

    public static async Task<PythonPeer> StartAsync(string script, params IEnumerable<string> arguments)
    {
        var folder = new TemporaryDirectory();
        var source = Path.Combine(AppContext.BaseDirectory, "Python");
        foreach (var file in (string[])["llm.proto", script])
            File.Copy(Path.Combine(source, file), folder[file]);

        using var generator = Run(folder, ["-m", "grpc_tools.protoc", "-I.", "--python_out=.", "--grpc_python_out=.", "llm.proto"]);
        await generator.WaitForExitAsync(Cancelled);
        Assert.Equal(0, generator.ExitCode);
        return new PythonPeer(folder, Run(folder, [script, .. arguments]));
    }

    /// <summary>The next line; a peer that stays silent fails the test instead of holding it up.</summary>
    public async Task<string?> ReadLineAsync() =>
        await _process.StandardOutput.ReadLineAsync(Cancelled).AsTask().WaitAsync(TimeSpan.FromSeconds(30), Cancelled);

    /// <summary>All that it prints, once it has ended.</summary>
    public async Task<string> ReadToEndAsync()
    {
        var errors = _process.StandardError.ReadToEndAsync(Cancelled);
        var output = await _process.StandardOutput.ReadToEndAsync(Cancelled);
        await _process.WaitForExitAsync(Cancelled);
        Assert.True(_process.ExitCode == 0, await errors);
        return output;
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.Dispose();
        _folder.Dispose();
    }

    private static Process Run(TemporaryDirectory folder, IEnumerable<string> arguments)
    {
        var start = new ProcessStartInfo(ExternalTool.PathOf(ExternalTool.PythonGrpc), arguments)
        {
            WorkingDirectory = folder.FullPath,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        // A proxy of the surroundings must not come between two processes on one machine.
        start.Environment["no_proxy"] = "*";
        return Process.Start(start) ?? throw new InvalidOperationException("Python did not start.");
    }
}
