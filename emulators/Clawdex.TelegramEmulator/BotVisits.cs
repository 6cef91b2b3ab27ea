using Microsoft.AspNetCore.Connections.Features;
using Microsoft.Extensions.Options;

namespace Clawdex.TelegramEmulator;

/// <summary>
/// The connections over which the bot calls. Whoever stops the bot and the emulator at once lets the bot finish what it is
/// writing: the emulator stays until the bot has gone, as Telegram would.
/// </summary>
internal sealed class BotVisits(IOptions<TelegramEmulatorOptions> options, TimeProvider time) : IHostedLifecycleService, IDisposable
{
    /// <summary>A bot that stops as well ends its poll by then.</summary>
    private static readonly TimeSpan ForAPoll = TimeSpan.FromSeconds(1);

    /// <summary>Orchestrators kill after 6 s.</summary>
    private static readonly TimeSpan ForTheLastCall = TimeSpan.FromSeconds(5.5);

    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    private readonly Lock _gate = new();
    private readonly HashSet<string> _connections = [];
    private readonly CancellationTokenSource _closing = new();
    private int _polls;

    /// <summary>Ends every request.</summary>
    public CancellationToken Closing => _closing.Token;

    /// <summary>Notes a call of the bot until the result is disposed.</summary>
    public IDisposable Begin(HttpContext context)
    {
        var isPoll = context.Request.Path.Value?.EndsWith("/getUpdates", StringComparison.OrdinalIgnoreCase) == true;
        var id = context.Connection.Id;
        bool isNew;
        lock (_gate)
        {
            _polls += isPoll ? 1 : 0;
            isNew = _connections.Add(id);
        }

        if (isNew)
            context.Features.Get<IConnectionLifetimeFeature>()?.ConnectionClosed.Register(() => Left(id));
        return new Call(this, isPoll);
    }

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        var startedAt = time.GetTimestamp();
        while (options.Value.OutlivesBot && IsAwaited(time.GetElapsedTime(startedAt)) && !cancellationToken.IsCancellationRequested)
            await Task.Delay(Interval, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _closing.CancelAsync();
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => _closing.Dispose();

    private bool IsAwaited(TimeSpan waited)
    {
        lock (_gate)
            return _connections.Count > 0 && waited < (_polls > 0 ? ForAPoll : ForTheLastCall);
    }

    private void Left(string connection)
    {
        lock (_gate)
            _connections.Remove(connection);
    }

    private sealed class Call(BotVisits owner, bool isPoll) : IDisposable
    {
        public void Dispose()
        {
            lock (owner._gate)
                owner._polls -= isPoll ? 1 : 0;
        }
    }
}
