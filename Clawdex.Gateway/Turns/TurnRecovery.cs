using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Services.Lease;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Clawdex.Gateway.Turns;

/// <summary>
/// Takes up what was left open: by an earlier run, before any new update is read, and by this one when the session service is
/// back after an outage. Answered turns are delivered, the others run again, all in the messages that the user already sees.
/// </summary>
internal sealed class TurnRecovery(
    TurnClient turns,
    SessionClient sessions,
    AnswerLease lease,
    ChatIds ids,
    ChatQueues queues,
    RunningReplies running,
    LateTurns late,
    MessageFinder finder,
    TimeProvider time,
    ILogger<TurnRecovery> logger)
    : BackgroundService, IHealthCheck
{
    private static readonly TimeSpan PauseAfterFailure = TimeSpan.FromSeconds(10);

    /// <summary>Of several gateways: how soon one finds out that another one is dead.</summary>
    private static readonly TimeSpan ClaimEvery = TimeSpan.FromSeconds(1);

    /// <summary>Longer than a call that takes a turn in is waited for.</summary>
    private const int ClaimsBeforeLook = 15;

    // Both would hold back what is taken in meanwhile.
    private readonly SemaphoreSlim _oneAtATime = new(1);
    private volatile bool _begun;

    private int _claims;

    // Why what is open could not be taken up; null = it was.
    private volatile Exception? _failure;

    /// <summary>
    /// Waits for a session service that is away, since nothing can be answered without it. Whatever else goes wrong with what is
    /// old keeps nothing new waiting: it is tried again later.
    /// </summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        try
        {
            await OneAtATimeAsync(TakeUpAllAsync, cancellationToken);
            _failure = null;
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            logger.RecoveryFailed(error);
            _failure = error;
        }

        _begun = true;
    }

    /// <summary>
    /// Whether what was left open could be taken up: those who wrote it wait for an answer. Without the lease, it is another
    /// gateway's.
    /// </summary>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken) =>
        Task.FromResult((lease.IsHeld ? _failure : null) switch
        {
            null => HealthCheckResult.Healthy(),
            SessionException { Failure: var failure } => HealthCheckResult.Unhealthy($"What was left open cannot be taken up ({failure})"),
            var error => HealthCheckResult.Unhealthy($"What was left open cannot be taken up ({error.GetType().Name})"),
        });

    public override void Dispose()
    {
        base.Dispose();
        _oneAtATime.Dispose();
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken)
    {
        lease.Running = () => running.Turns;
        lease.StopRequested += running.Stop;
        lease.QuestionsEdited += running.StartOver;
        return Task.WhenAll(
            RepeatAsync(DueAsync, RunAsync, stoppingToken),
            RepeatAsync(NextClaimAsync, ClaimAsync, stoppingToken));
    }

    /// <summary>Takes up again and again, when it is due and this gateway answers.</summary>
    private async Task RepeatAsync(Func<CancellationToken, Task> due, Func<CancellationToken, Task> takeUp, CancellationToken stoppingToken)
    {
        while (true)
        {
            await due(stoppingToken);
            var lost = await lease.HeldAsync(stoppingToken);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(lost, stoppingToken);
            try
            {
                // Before the first time, what is open is taken up anyway; without the lease, it is another gateway's.
                if (_begun)
                    await takeUp(either.Token);
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

    private async Task NextClaimAsync(CancellationToken stoppingToken)
    {
        await sessions.SharedAsync(stoppingToken);
        await Task.Delay(ClaimEvery, time, stoppingToken);
    }

    /// <summary>What a gateway has left that died meanwhile, and what came to another one behind this one's turns.</summary>
    private async Task ClaimAsync(CancellationToken cancellationToken)
    {
        try
        {
            await OneAtATimeAsync(
                async cancel =>
                {
                    if (await turns.ClaimAsync(TimeSpan.Zero, cancel) is { } claimed)
                        await AddAsync(claimed, new Round(time.GetTimestamp()), cancel);
                },
                cancellationToken);
            if (++_claims % ClaimsBeforeLook == 0 && await late.AnyAsync(cancellationToken))
                await RunAsync(cancellationToken);
        }
        catch (SessionException error)
        {
            logger.ClaimFailed(error.Failure);
            // Declared dead, this gateway hears of that by itself. Else it does not know what it may have taken up.
            if (error.Failure is not SessionFailure.TakenOver)
                await RunAsync(cancellationToken);
        }
    }

    private async Task OneAtATimeAsync(Func<CancellationToken, Task> takeUp, CancellationToken cancellationToken)
    {
        await _oneAtATime.WaitAsync(cancellationToken);
        try
        {
            await queues.TakeUpAsync(() => takeUp(cancellationToken));
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    private async Task TakeUpAllAsync(CancellationToken cancellationToken)
    {
        while (await turns.ClaimAsync(Timeout.InfiniteTimeSpan, cancellationToken) is not null)
        {
            // All of it is listed below, in the order of the turns.
        }

        var round = new Round(time.GetTimestamp());
        var after = 0L;
        while (await turns.ListOpenAsync(after, cancellationToken) is { } page)
        {
            await AddAsync(page, round, cancellationToken);
            after = page.LastId;
        }

        if (round.Foreign > 0)
            logger.ForeignTurns(round.Foreign);
        if (round.Count > 0)
            logger.TurnsRecovered(round.Count);
    }

    private async Task AddAsync(OpenTurns page, Round round, CancellationToken cancellationToken)
    {
        if (!round.KnowsRecent && page.Turns.Any(turn => turn.MayHaveSentMore))
            await NoteRecentAsync(round, cancellationToken);
        foreach (var turn in page.Turns)
            Add(turn with { Conversation = ids.First(turn.Conversation) }, round);
        round.Foreign += page.Count - page.Turns.Count;
    }

    private void Add(Turn turn, Round round)
    {
        // They come oldest first, and a conversation's are answered one after the other.
        var isFirst = !round.IsLeft.TryGetValue(turn.Conversation, out var isLeft);
        if (isFirst)
            // Where this gateway answers already, it only waited behind that.
            round.IsLeft.Add(turn.Conversation, isLeft = queues.IsIdle(turn.Conversation));
        var pending = QueuedTurn.Of(turn, round.StartedAt) with
        {
            IsRecovered = isLeft,
            MayHaveBeenAsked = (isFirst && isLeft) || turn.State is not TurnState.Accepted,
            IsBacklog = isLeft,
        };
        if (queues.Enqueue(pending))
            round.Count++;
    }

    /// <summary>A search for a message that was not recorded leaves out those that were, by whichever gateway.</summary>
    private async Task NoteRecentAsync(Round round, CancellationToken cancellationToken)
    {
        foreach (var (conversation, messageId) in await turns.ListRecentAsync(cancellationToken))
            finder.Note(conversation, messageId);
        round.KnowsRecent = true;
    }

    /// <summary>What is known so far of what is taken up in one go.</summary>
    private sealed class Round(long startedAt)
    {
        public long StartedAt => startedAt;

        /// <summary>Of each conversation, whether nobody answered in it.</summary>
        public Dictionary<Conversation, bool> IsLeft { get; } = [];

        public bool KnowsRecent { get; set; }

        public int Count { get; set; }

        public int Foreign { get; set; }
    }
}
