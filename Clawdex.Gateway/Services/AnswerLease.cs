using Clawdex.Sessions.V1;
using Grpc.Core;
using Proto = Clawdex.Sessions.V1;

namespace Clawdex.Gateway.Services;

/// <summary>
/// This gateway's right to answer. The session service grants it to one gateway at a time, for as long as the call that asks
/// for it is open: no heart-beat, and a gateway that is killed frees it by that alone (decision 7). While the service is away
/// nobody can get it, so who had it keeps it until told otherwise.
/// </summary>
internal sealed class AnswerLease(
    Proto.Sessions.SessionsClient client, SessionClient sessions, GatewayInstance me, TimeProvider time, ILogger<AnswerLease> logger)
    : BackgroundService
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);

    /// <summary>Also the longest that a service which is back waits for its gateway.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private TaskCompletionSource _granted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private CancellationTokenSource _lost = new();
    private LeaseStanding _standing = LeaseStanding.Unspecified;
    private string? _otherHolder;

    public bool IsHeld
    {
        get
        {
            lock (_gate)
                return _standing is LeaseStanding.Held;
        }
    }

    /// <summary>Where the gateway runs that answers instead of this one; null = none, as far as known.</summary>
    public string? OtherHolder
    {
        get
        {
            lock (_gate)
                return _otherHolder;
        }
    }

    /// <summary>Waits until this gateway may answer; the result is cancelled when it no longer may.</summary>
    public async Task<CancellationToken> HeldAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task granted;
            lock (_gate)
            {
                if (_standing is LeaseStanding.Held)
                    return _lost.Token;
                granted = _granted.Task;
            }

            await granted.WaitAsync(cancellationToken);
        }
    }

    public override void Dispose()
    {
        base.Dispose();
        _lost.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = FirstPause;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await AskAsync(() => pause = FirstPause, stoppingToken);
            }
            catch (RpcException error) when (!stoppingToken.IsCancellationRequested)
            {
                sessions.NoteAway(error.StatusCode);
            }
            catch (Exception error) when (stoppingToken.IsCancellationRequested && error is OperationCanceledException or RpcException)
            {
                return;
            }

            await Task.Delay(pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>Returns when the service ends the call.</summary>
    private async Task AskAsync(Action reached, CancellationToken cancellationToken)
    {
        var request = new HoldLeaseRequest { Channel = Conversation.Channel, HolderId = me.Id, Standing = _standing, Instance = me.Place };
        using var call = client.HoldLease(request, cancellationToken: cancellationToken);
        await foreach (var state in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            reached();
            sessions.NoteBack();
            await (state.Held ? GrantedAsync() : WaitingAsync(state.HolderInstance));
        }
    }

    private Task GrantedAsync()
    {
        bool waited;
        lock (_gate)
        {
            waited = _standing is LeaseStanding.Waited;
            _standing = LeaseStanding.Held;
            _otherHolder = null;
            _granted.TrySetResult();
        }

        if (waited)
            logger.LeaseTakenOver();
        return Task.CompletedTask;
    }

    private async Task WaitingAsync(string holder)
    {
        CancellationTokenSource? lost = null;
        bool isNews;
        lock (_gate)
        {
            isNews = holder.Length > 0 && holder != _otherHolder;
            if (_standing is LeaseStanding.Held)
            {
                (lost, _lost) = (_lost, new CancellationTokenSource());
                _granted = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }

            _standing = LeaseStanding.Waited;
            _otherHolder = holder.Length > 0 ? holder : null;
        }

        if (isNews)
            logger.AnotherGatewayAnswers(holder);
        if (lost is null)
            return;
        await lost.CancelAsync();
        lost.Dispose();
    }
}
