using System.Diagnostics;

namespace Clawdex.AppHost.Tests;

/// <summary>A service in a process of its own, without an AppHost.</summary>
internal sealed class ServiceAlone : IAsyncDisposable
{
    private const string Listening = "Now listening on: ";

    private readonly Process _process;
    private readonly TaskCompletionSource<string> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServiceAlone(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Received(line.Data);
        process.Start();
        process.BeginOutputReadLine();
    }

    /// <summary>Where it listens: Kestrel opens the endpoints in the order of their names, so this is <c>grpc</c> where there is one.</summary>
    public Task<string> Address => _address.Task.WaitAsync(ClawdexApp.Patience);

    public static ServiceAlone Start(string service, IEnumerable<KeyValuePair<string, string>> variables, params string[] arguments)
    {
        var start = ServiceProgram.StartInfo(service, ["--Kestrel:Endpoints:http:Url=http://127.0.0.1:0", .. arguments]);
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        return new ServiceAlone(new Process { StartInfo = start });
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Received(string? line)
    {
        if (line is null)
            _address.TrySetException(new InvalidOperationException("The service ended before it listened."));
        else if (line.IndexOf(Listening, StringComparison.Ordinal) is >= 0 and var start)
            _address.TrySetResult(line[(start + Listening.Length)..]);
    }
}
