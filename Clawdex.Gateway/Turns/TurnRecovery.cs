using System.Diagnostics;
using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Clawdex.Gateway.Turns;

/// <summary>
/// Takes up what was left open: by an earlier run, before any new update is read, and by this one when the session service is
/// back after an outage. Answered turns are delivered, the others run again, all in the messages that the user already sees.
/// </summary>
internal sealed class TurnRecovery(
    SessionClient sessions, AnswerLease lease, ChatIds ids, ChatQueues queues, MessageFinder finder, TimeProvider time, ILogger<TurnRecovery> logger)
    : BackgroundService
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(30);

    private volatile bool _begun;
    private volatile Exception? _failure;

    /// <summary>Why what is open could not be taken up; null = it was.</summary>
    public Exception? Failure => _failure;

    /// <summary>
    /// Waits for a session service that is away, since nothing can be answered without it. Whatever else goes wrong with what is
    /// old keeps nothing new waiting: it is tried again later.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await TakeUpAsync(cancellationToken);
            _failure = null;
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            logger.RecoveryFailed(error);
            _failure = error;
        }

        _begun = true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await DueAsync(stoppingToken);
            var lost = await lease.HeldAsync(stoppingToken);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(lost, stoppingToken);
            try
            {
                // Before the first time, what is open is taken up anyway; without the lease, it is another gateway's.
                if (_begun)
                    await RunAsync(either.Token);
            }
            catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
            {
                // The lease is lost; who holds it takes up what is open.
            }
        }
    }

    /// <summary>Waits until the session service is back after an outage, or it is time to try again.</summary>
    private async Task DueAsync(CancellationToken stoppingToken)
    {
        do
        {
            using var pause = new CancellationTokenSource(PauseAfterFailure, time);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(pause.Token, stoppingToken);
            try
            {
                await sessions.ReturnedAsync(either.Token);
                return;
            }
            catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
            {
                // The pause is over.
            }
        }
        while (_failure is null);
    }

    private async Task TakeUpAsync(CancellationToken cancellationToken)
    {
        var startedAt = time.GetTimestamp();
        var (count, foreign) = (0, 0);
        var after = 0L;
        var knowsRecent = false;
        HashSet<Conversation> seen = [];
        while (await sessions.ListOpenAsync(after, cancellationToken) is { } page)
        {
            if (!knowsRecent && page.Turns.Any(turn => turn.MayHaveSentMore))
                knowsRecent = await NoteRecentAsync(cancellationToken);
            foreach (var turn in page.Turns)
            {
                _ = ActivityContext.TryParse(turn.TraceParent, null, isRemote: true, out var trace);
                var conversation = ids.First(turn.Conversation);
                // They come oldest first, and a conversation's are answered one after the other.
                var isFirst = seen.Add(conversation);
                var pending = new QueuedTurn(turn with { Conversation = conversation }, startedAt)
                {
                    IsRecovered = true,
                    MayHaveBeenAsked = isFirst || turn.State is not TurnState.Accepted,
                    IsBacklog = true,
                    EarlierTrace = trace,
                };
                if (queues.Enqueue(pending))
                    count++;
            }

            foreign += page.Count - page.Turns.Count;
            after = page.LastId;
        }

        if (foreign > 0)
            logger.ForeignTurns(foreign);
        if (count > 0)
            logger.TurnsRecovered(count);
    }

    /// <summary>A search for a message that was not recorded leaves out those that were.</summary>
    private async Task<bool> NoteRecentAsync(CancellationToken cancellationToken)
    {
        foreach (var turn in await sessions.ListRecentAsync(cancellationToken))
        {
            foreach (var messageId in turn.MessageIds)
                finder.Note(turn.Conversation, messageId);
        }

        return true;
    }
}

/// <summary>
/// Whether what was left open could be taken up: those who wrote it wait for an answer. Without the lease, it is another
/// gateway's.
/// </summary>
internal sealed class TurnRecoveryHealth(TurnRecovery recovery, AnswerLease lease) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken) =>
        Task.FromResult((lease.IsHeld ? recovery.Failure : null) switch
        {
            null => HealthCheckResult.Healthy(),
            SessionException { Failure: var failure } => HealthCheckResult.Unhealthy($"What was left open cannot be taken up ({failure})"),
            var error => HealthCheckResult.Unhealthy($"What was left open cannot be taken up ({error.GetType().Name})"),
        });
}
