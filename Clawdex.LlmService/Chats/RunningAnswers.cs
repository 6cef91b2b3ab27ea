using Clawdex.LlmService.Providers;
using Clawdex.ServiceDefaults;

namespace Clawdex.LlmService.Chats;

/// <summary>
/// The answers that are being streamed. One with an id belongs to its turn and not to the call: when its reader is gone it goes on,
/// and is kept for a while, so that a gateway that was restarted takes it up instead of paying for another one.
/// </summary>
/// <remarks>
/// A stop lets answers end that somebody reads: an orchestrator stops all services at once, and a gateway takes up to 4.5 s to
/// finish its replies. Only then are the rest cancelled, down to the providers' sockets.
/// </remarks>
internal sealed class RunningAnswers(TimeProvider time) : StopDelay, IDisposable
{
    /// <summary>Longer than a gateway waits, and within the 6 s that Aspire's orchestrator gives a process.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5.5);

    /// <summary>How long an answer is kept that nobody reads, from when its reader left: longer than a gateway takes to restart.</summary>
    public static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(60);

    /// <summary>How many are kept that nobody reads, of half a megabyte each at most. For one more, the oldest is ended.</summary>
    public const int MostUnread = 128;

    private static readonly KeyValuePair<string, object?> TakenUp = new("clawdex.outcome", nameof(TakenUp));
    private static readonly KeyValuePair<string, object?> Abandoned = new("clawdex.outcome", nameof(Abandoned));

    private readonly Lock _gate = new();
    private readonly Dictionary<string, RunningAnswer> _answers = [];
    private readonly CancellationTokenSource _cut = new();
    private int _count;
    private Task? _stop;

    // Completes when no answer is left; null = nothing stops.
    private TaskCompletionSource? _ended;

    /// <summary>Cancelled when this service cannot wait any longer.</summary>
    public CancellationToken Cut => _cut.Token;

    /// <summary>Answers with an id that are held, read or not.</summary>
    public int Kept
    {
        get
        {
            lock (_gate)
                return _answers.Count;
        }
    }

    public void Add()
    {
        lock (_gate)
            _count++;
    }

    public void Remove()
    {
        lock (_gate)
        {
            _count--;
            CompleteWhenNoneIsLeft();
        }
    }

    /// <summary>Tells the answer of this id from its beginning to its end, and asks for it only if there is none, or it has failed.</summary>
    /// <param name="ask">Its token ends the answer.</param>
    /// <param name="tell">Its token ends the telling.</param>
    /// <returns>False: another reader has taken over.</returns>
    public async Task<bool> TellAsync(
        string id, Func<CancellationToken, IAsyncEnumerable<ChatEvent>> ask, Func<ChatEvent, CancellationToken, Task> tell, CancellationToken cancellationToken)
    {
        using var reader = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var (answer, isTakenUp, superseded) = TakeUp(id, ask, reader);
        try
        {
            await superseded;
            await foreach (var next in answer.ReadAsync(reader.Token))
                await tell(next is ChatEvent.Started started ? started with { IsTakenUp = isTakenUp } : next, reader.Token);
            return true;
        }
        catch (OperationCanceledException) when (answer.Reader != reader)
        {
            return false;
        }
        finally
        {
            await LeaveAsync(id, answer, reader);
        }
    }

    /// <summary>Nobody wants this answer any more. False = it is not here.</summary>
    public async Task<bool> EndAsync(string id)
    {
        Task ended;
        lock (_gate)
        {
            if (!_answers.TryGetValue(id, out var answer))
                return false;
            answer.IsSettled = true;
            ended = answer.EndAsync();
        }

        await ended;
        return true;
    }

    /// <remarks>A host may stop twice, when its Run ends and when its owner disposes it; both then wait for the one stop.</remarks>
    public override Task StoppingAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
            return _stop ??= StopOnceAsync(cancellationToken);
    }

    public void Dispose() => _cut.Dispose();

    private (RunningAnswer Answer, bool IsTakenUp, Task Superseded) TakeUp(
        string id, Func<CancellationToken, IAsyncEnumerable<ChatEvent>> ask, CancellationTokenSource reader)
    {
        lock (_gate)
        {
            // What is begun from now on would not be ended by anybody.
            _cut.Token.ThrowIfCancellationRequested();
            reader.Token.ThrowIfCancellationRequested();
            var isTakenUp = _answers.TryGetValue(id, out var answer) && answer.CanBeTakenUp;
            if (answer is null || !isTakenUp)
                answer = _answers[id] = Begin(id, ask, answer?.Life ?? Task.CompletedTask);
            else
                LlmTelemetry.UnreadAnswers.Add(1, TakenUp);
            return (answer, isTakenUp, answer.BeginReadingAsync(reader));
        }
    }

    /// <param name="before">The life of an answer that had the same id.</param>
    private RunningAnswer Begin(string id, Func<CancellationToken, IAsyncEnumerable<ChatEvent>> ask, Task before)
    {
        var answer = new RunningAnswer(time);
        answer.Life = Task.WhenAll(before, LiveAsync(id, answer, ask));
        return answer;
    }

    private async Task LiveAsync(string id, RunningAnswer answer, Func<CancellationToken, IAsyncEnumerable<ChatEvent>> ask)
    {
        // The caller holds the lock.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            await answer.GrowAsync(ask(answer.Unwanted));
            if (answer.CanBeTakenUp)
                await Task.Delay(Timeout.InfiniteTimeSpan, time, answer.Unwanted);
        }
        catch (Exception error)
        {
            var isUnwanted = answer.Unwanted.IsCancellationRequested;
            if (isUnwanted && !answer.IsSettled)
                LlmTelemetry.UnreadAnswers.Add(1, Abandoned);
            answer.Break(isUnwanted ? new OperationCanceledException(answer.Unwanted) : error);
        }
        finally
        {
            lock (_gate)
            {
                if (_answers.GetValueOrDefault(id) == answer)
                    _answers.Remove(id);
                answer.Dispose();
            }
        }
    }

    private async Task LeaveAsync(string id, RunningAnswer answer, CancellationTokenSource reader)
    {
        var ended = Task.CompletedTask;
        lock (_gate)
        {
            if (_answers.GetValueOrDefault(id) != answer || !answer.EndReading(reader, KeptFor) || _answers.Count <= MostUnread)
                return;
            var unread = _answers.Values.Where(other => other is { Reader: null, CanBeTakenUp: true }).ToList();
            if (unread.Count > MostUnread)
                ended = unread.MinBy(other => other.UnreadSince)?.EndAsync() ?? ended;
        }

        await ended;
    }

    private async Task StopOnceAsync(CancellationToken cancellationToken)
    {
        _ended = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        CompleteWhenNoneIsLeft();
        await _ended.Task.WaitAsync(Patience, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _cut.CancelAsync();
        List<Task> lives = [];
        lock (_gate)
        {
            foreach (var answer in _answers.Values)
                lives.AddRange(answer.EndAsync(), answer.Life);
        }

        await Task.WhenAll(lives).WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private void CompleteWhenNoneIsLeft()
    {
        if (_count == 0)
            _ended?.TrySetResult();
    }
}
