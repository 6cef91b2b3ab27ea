using System.Collections.Concurrent;
using System.Diagnostics;
using System.Threading.Channels;

namespace Clawdex.AppHost.Tests;

/// <summary>A gateway that somebody started beside the AppHost's own, by mistake: on the same bot and the same services.</summary>
internal sealed class SecondGateway : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _said = new();
    private readonly Channel<string> _lines = Channel.CreateUnbounded<string>();

    private SecondGateway(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, line) => Received(line.Data ?? "");
        process.Start();
        process.BeginOutputReadLine();
    }

    public static SecondGateway Start(ClawdexApp app)
    {
        var start = ServiceProgram.StartInfo("Clawdex.Gateway", "--Kestrel:Endpoints:http:Url=http://127.0.0.1:0");
        foreach (var name in (string[])["services__session__grpc__0", "services__llm__grpc__0", "channels__telegram__botToken", "channels__telegram__apiBaseUrl", "channels__telegram__everyoneIsOwner", "calls__secret"])
            start.Environment[name] = app.Processes.VariableOf("gateway", name);
        return new SecondGateway(new Process { StartInfo = start });
    }

    /// <summary>Waits for a line of its log that holds <paramref name="text"/>.</summary>
    public async Task SaysAsync(string text, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(ClawdexApp.Patience);
        while (!(await _lines.Reader.ReadAsync(patience.Token)).Contains(text, StringComparison.Ordinal))
        {
            // Not this line.
        }
    }

    /// <summary>Whether a line of its log so far holds <paramref name="text"/>.</summary>
    public bool HasSaid(string text) => _said.Any(line => line.Contains(text, StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        await _process.WaitForExitAsync();
        _process.Dispose();
    }

    private void Received(string line)
    {
        _said.Enqueue(line);
        _lines.Writer.TryWrite(line);
    }
}
