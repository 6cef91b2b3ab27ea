using System.Diagnostics;

namespace Clawdex.SessionService.Bench;

/// <summary>Several gateways that answer in the chats of a store. Each chat is one gateway's, so that none hands a turn over to another.</summary>
internal sealed class LedgerLoad : IAsyncDisposable
{
    /// <summary>Each answers 1,000 at once, which is the most that its settings allow.</summary>
    private const int Gateways = 5;

    /// <summary>What is due is begun so often.</summary>
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    private readonly LargeStore _store;
    private readonly LoadGateway[] _gateways;

    // So that no update of this run has the number of one of an earlier run.
    private readonly string _run = Guid.NewGuid().ToString("N");

    /// <param name="name">Heads the column.</param>
    /// <param name="isCharged">Each turn has a budget, as a gateway's have.</param>
    public LedgerLoad(string name, LargeStore store, bool isCharged = true)
    {
        (_store, Figures) = (store, new LoadFigures(name, store));
        _gateways = [.. Enumerable.Range(0, Gateways).Select(_ => new LoadGateway(store.Host.Client, Figures, isCharged))];
    }

    public LoadFigures Figures { get; }

    /// <summary>As fast as it goes: each caller begins its next turn when the last one is settled, and no answer takes any time.</summary>
    /// <param name="chats">So many of the store's, evenly spread over it. Each is one caller's.</param>
    public async Task RunClosedAsync(int chats, int callers, TimeSpan time, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var step = _store.Sessions / chats;
        var load = Task.WhenAll(Enumerable.Range(0, callers).Select(async caller =>
        {
            for (var i = 0; !end.IsCancellationRequested; i++)
            {
                // Not the end of each step: those sessions are the ones with a history.
                var session = ((1 + caller + (callers * Random.Shared.Next(chats / callers))) * step) - (step / 3);
                // The turn is led to its end, so that none is left open.
                await _gateways[caller % Gateways].AnswerAsync(
                    LargeStore.ChatOf(session), $"{_run}-{caller}-{i}", Stopwatch.GetTimestamp(), TimeSpan.Zero, cancellationToken);
            }
        }));
        await Task.Delay(time / 5, cancellationToken);
        await Figures.BeginAsync(cancellationToken);
        await Task.Delay(time, cancellationToken);
        await Figures.EndAsync(callers, cancellationToken);
        await end.CancelAsync();
        await load;
    }

    /// <summary>So many answers at the same time: their messages come at the rate that makes them so many, whatever becomes of those before.</summary>
    /// <param name="shortest">The first of the answers end after it; from <paramref name="longest"/> on there are as many as there are to be, and it is measured.</param>
    public async Task RunOpenAsync(int answers, TimeSpan shortest, TimeSpan longest, TimeSpan time, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var perSecond = answers / ((shortest + longest) / 2).TotalSeconds;
        List<Task> begun = [];
        var startedAt = Stopwatch.GetTimestamp();
        await BeginUntilAsync(longest);
        await Figures.BeginAsync(cancellationToken);
        await BeginUntilAsync(longest + time);
        await Figures.EndAsync(begun.Count(answer => !answer.IsCompleted), cancellationToken);
        await end.CancelAsync();
        await Task.WhenAll(begun);

        async Task BeginUntilAsync(TimeSpan until)
        {
            while (Stopwatch.GetElapsedTime(startedAt) is var now && now < until)
            {
                while (begun.Count < now.TotalSeconds * perSecond)
                {
                    var session = 1 + Random.Shared.Next(_store.Sessions);
                    var due = startedAt + (long)(begun.Count / perSecond * Stopwatch.Frequency);
                    var duration = shortest + ((longest - shortest) * Random.Shared.NextDouble());
                    begun.Add(_gateways[session % Gateways].AnswerAsync(LargeStore.ChatOf(session), $"{_run}-{begun.Count}", due, duration, end.Token));
                }

                await Task.Delay(Tick, cancellationToken);
            }
        }
    }

    public async ValueTask DisposeAsync() => await Task.WhenAll(_gateways.Select(gateway => gateway.DisposeAsync().AsTask()));
}
