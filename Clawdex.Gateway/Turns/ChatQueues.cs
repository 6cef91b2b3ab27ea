using System.Collections.Concurrent;
using System.Diagnostics;
using Clawdex.Gateway.Access;
using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;

namespace Clawdex.Gateway.Turns;

/// <summary>
/// Order within a conversation, parallelism across them: one bounded queue and one reader per conversation (and others
/// for what must not wait). Owns every reader; on shutdown running turns get a moment to finish, are parked then, and what
/// still waits is left to the next start.
/// </summary>
internal sealed class ChatQueues(
    TurnRunner turns,
    SessionClient sessions,
    People people,
    RunningReplies running,
    WaitingNotices notices,
    TimeProvider time,
    ILogger<ChatQueues> logger)
    : IHostedService, IDisposable
{
    /// <summary>Jobs that may wait in one conversation.</summary>
    public const int Capacity = 16;

    /// <summary>The same for what was written while the bot was down, when its writers could not know how much waits.</summary>
    public const int CapacityForBacklog = 160;

    // Together below the 6 s after which Aspire's orchestrator kills the process.
    private static readonly TimeSpan TimeToFinish = TimeSpan.FromSeconds(4.5);
    private static readonly TimeSpan TimeToPark = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<(Conversation, Lane), ChatLane> _lanes = new();
    private readonly ConcurrentDictionary<(long, int), bool> _turnsInHand = new();

    // What the session service listed as open a moment ago, or answers to an update that came twice, may have ended in between.
    private readonly RecentMap<(long, int), bool> _settled = new(10_000);
    private volatile RecentMap<(long, int), bool> _seen = new(10_000);
    private CancellationTokenSource _abort = new();
    private readonly Lock _stopGate = new();
    private readonly Lock _heldGate = new();
    private List<QueuedTurn>? _held;
    private Task? _stop;
    private volatile bool _stopping;

    /// <summary>Jobs that wait in a lane of the conversation, without the one that runs.</summary>
    public int WaitingIn(Conversation conversation, Lane lane = Lane.Ordered) =>
        _lanes.TryGetValue((conversation, lane), out var queue) ? queue.Waiting : 0;

    /// <summary>Whether no answer is under way or waits in the conversation.</summary>
    public bool IsIdle(Conversation conversation) => !_lanes.ContainsKey((conversation, Lane.Ordered));

    /// <summary>Whether the turn is or was in hand, since this gateway last began anew.</summary>
    public bool HasSeen(Turn turn) => _turnsInHand.ContainsKey(turn.Key) || _seen.Contains(turn.Key);

    /// <summary>Queues a stored turn. False = it is in hand already, or was settled here since it was listed as open.</summary>
    public bool Enqueue(QueuedTurn turn)
    {
        lock (_heldGate)
        {
            if (_held is null)
                return EnqueueAtOnce(turn);
            _held.Add(turn with { Update = turn.Update?.Hold() });
            return !_turnsInHand.ContainsKey(turn.Turn.Key) && !_settled.Contains(turn.Turn.Key);
        }
    }

    /// <summary>
    /// Queues the turns that <paramref name="takeUp"/> finds open together with those that are taken in meanwhile, in their order:
    /// of a conversation, either may be the earlier one.
    /// </summary>
    public async Task TakeUpAsync(Func<Task> takeUp)
    {
        lock (_heldGate)
            _held = [];
        var isBrokenOff = false;
        try
        {
            await takeUp();
        }
        catch (Exception error) when (error is OperationCanceledException or SessionException { Failure: SessionFailure.TakenOver })
        {
            // All of it is stored: who takes this gateway's place answers it, or the next start does.
            isBrokenOff = true;
            throw;
        }
        finally
        {
            lock (_heldGate)
            {
                foreach (var turn in _held.OrderBy(turn => turn.Turn.Id))
                {
                    if (!isBrokenOff)
                        EnqueueAtOnce(turn);
                    turn.Update?.Release();
                }

                _held = null;
            }
        }
    }

    /// <summary>False = the lane is full, and the job is dropped.</summary>
    public bool TryEnqueue(Conversation conversation, Lane lane, UpdateTrace? update, Func<CancellationToken, Task> run)
    {
        if (WaitingIn(conversation, lane) >= Capacity)
            return false;
        Add(conversation, lane, new ChatJob(null, update?.Hold(), queue => run(queue.Abort)));
        return true;
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Before the call that settles the turn in front of them is over: so none comes too late.
        sessions.HandedOver += turn => EnqueueAtOnce(QueuedTurn.Of(turn, time.GetTimestamp()));
        return Task.CompletedTask;
    }

    /// <remarks>A host may stop twice, when its Run ends and when its owner disposes it; both then wait for the one stop.</remarks>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        lock (_stopGate)
            return _stop ??= ParkAsync(cancellationToken);
    }

    /// <summary>Another gateway answers now: what runs is broken off as it stands, and what waits is forgotten. It is all stored.</summary>
    public async Task AbandonAsync(CancellationToken cancellationToken)
    {
        using var abort = Interlocked.Exchange(ref _abort, new CancellationTokenSource());
        var lanes = _lanes.Values.ToList();
        _seen = new(10_000);
        await abort.CancelAsync();
        // Ends the models' streams; nothing is said in the chats, since their replies have ended already.
        running.StopAll();
        await Task.WhenAll(lanes.Select(lane => lane.Reader)).WaitAsync(cancellationToken);
    }

    public void Dispose() => _abort.Dispose();

    private bool EnqueueAtOnce(QueuedTurn turn)
    {
        if (!_turnsInHand.TryAdd(turn.Turn.Key, true))
            return false;
        if (sessions.IsShared)
            _seen.TryAdd(turn.Turn.Key, true);
        // After it was taken in hand: a turn is noted as settled before it is let go.
        if (_settled.Contains(turn.Turn.Key) && _turnsInHand.TryRemove(turn.Turn.Key, out _))
            return false;

        GatewayTelemetry.OpenTurns.Add(1);
        Add(turn.Turn.Conversation, Lane.Ordered, new ChatJob(turn, turn.Update?.Hold(), queue => AnswerAsync(turn, queue)));
        return true;
    }

    private async Task ParkAsync(CancellationToken cancellationToken)
    {
        _stopping = true;
        await ReadersEndedAsync(TimeToFinish, cancellationToken);
        running.StopAll();
        await ReadersEndedAsync(TimeToPark, cancellationToken);
        await _abort.CancelAsync();
        await ReadersEndedAsync(Timeout.InfiniteTimeSpan, cancellationToken);
    }

    private async Task ReadersEndedAsync(TimeSpan atMost, CancellationToken cancellationToken) =>
        await Task.WhenAll(_lanes.Values.Select(lane => lane.Reader))
            .WaitAsync(atMost, time, cancellationToken)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private void Add(Conversation conversation, Lane lane, ChatJob job)
    {
        var key = (conversation, lane);
        ChatLane queue;
        // One that takes nothing more is being removed by its reader, which has just ended.
        while (!(queue = _lanes.GetOrAdd(key, _ => new ChatLane(own => ReadAsync(key, own), _abort.Token))).TryAdd(job))
            _lanes.TryRemove(new KeyValuePair<(Conversation, Lane), ChatLane>(key, queue));
    }

    private async Task ReadAsync((Conversation, Lane) key, ChatLane lane)
    {
        // The caller is the update loop: it goes on while this conversation is busy.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        while (!_stopping && lane.TakeOrClose() is { } job)
        {
            // The reader was started within the trace of its first job; each job belongs to its own.
            Activity.Current = job.Update?.Span;
            try
            {
                lane.Abort.ThrowIfCancellationRequested();
                await job.RunAsync(lane);
            }
            catch (OperationCanceledException) when (lane.Abort.IsCancellationRequested)
            {
                // What is left open is taken up by the next start.
            }
            catch (Exception error)
            {
                logger.JobFailed(error);
            }
            finally
            {
                LetGo(job);
            }
        }

        // What is left waits for the next start; its trace ends here.
        while (lane.TakeOrClose() is { } left)
            LetGo(left);
        _lanes.TryRemove(new KeyValuePair<(Conversation, Lane), ChatLane>(key, lane));
    }

    private void LetGo(ChatJob job)
    {
        if (job.Pending is { } pending)
        {
            _turnsInHand.TryRemove(pending.Turn.Key, out _);
            GatewayTelemetry.OpenTurns.Add(-1);
        }

        job.Update?.Release();
    }

    private async Task AnswerAsync(QueuedTurn pending, ChatLane lane)
    {
        var isContinued = await SplitPaste.IsContinuedAsync(pending, lane, time);
        // Who asked may have been let out while his message waited.
        var isLetOut = pending.Turn.AskerId is { } userId && !people.Allows(userId);
        var reason = isLetOut ? "not-allowed" : isContinued ? "continued" : null;
        if (reason is not null)
        {
            await sessions.FailAsync(pending.Turn.Id, reason, TurnState.Cancelled, new Spent(pending.TokensBefore), lane.Abort);
            _settled.TryAdd(pending.Turn.Key, true);
            return;
        }

        // What has not begun by now waits for the next start: nothing would end it any more.
        if (!_stopping && await turns.RunAsync(await ReuseOutageNoticeAsync(pending, lane.Abort), lane.Abort) is not TurnOutcome.Parked)
            _settled.TryAdd(pending.Turn.Key, true);
    }

    /// <summary>
    /// What told the chat to wait becomes the first message of the first answer that has none: so nothing is left of it, and the order is
    /// right. Not where others answer, too: what they have answered since stands below it.
    /// </summary>
    private async Task<QueuedTurn> ReuseOutageNoticeAsync(QueuedTurn pending, CancellationToken abort)
    {
        if (sessions.IsShared || pending.Turn.ReplyMessageIds.Count > 0 || notices.Take(pending.Turn.Conversation) is not { } messageId)
            return pending;
        await sessions.RecordReplyAsync(pending.Turn.Id, [messageId], abort);
        return pending with { Turn = pending.Turn with { ReplyMessageIds = [messageId] } };
    }
}
