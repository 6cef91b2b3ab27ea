using System.Diagnostics;

namespace Clawdex.WholeSystem.Bench;

/// <summary><see cref="BareLoop"/> in a process of its own, as the product is.</summary>
internal sealed class BareProcess : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly Process _process;

    private BareProcess(Process process) => _process = process;

    public WatchedProcess Watched => new("bare path", _process.Id);

    public static async Task<BareProcess> StartAsync(Emulators emulators, CancellationToken cancellationToken)
    {
        var bare = new BareProcess(ChildProcess.Start(
            typeof(BareProcess).Assembly.Location, "bare", emulators.TelegramAddress.AbsoluteUri, emulators.ModelsAddress.AbsoluteUri));
        await emulators.Telegram.WaitForPollAsync(Patience, cancellationToken);
        return bare;
    }

    public ValueTask DisposeAsync() => new(ChildProcess.EndAsync(_process));
}
