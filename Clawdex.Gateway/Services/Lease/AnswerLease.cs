using Clawdex.Sessions.V1;
using Grpc.Core;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Proto = Clawdex.Sessions.V1;

namespace Clawdex.Gateway.Services.Lease;

/// <summary>
/// This gateway's right to answer. Where the store is one session service's own, that one grants it to one gateway at a time, for
/// as long as the call that asks for it is open (decision 7): while the service is away nobody can get it, so who had it keeps it
/// until told otherwise. Where services share a store every gateway answers, and says twice a second that it lives (decision 14).
/// </summary>
internal sealed class AnswerLease(
    Proto.Sessions.SessionsClient client, SessionClient sessions, GatewayInstance me, TimeProvider time, ILogger<AnswerLease> logger)
    : BackgroundService, IHealthCheck
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(50);

    /// <summary>Also the longest that a service which is back waits for its gateway, and that a <c>/stop</c> elsewhere is not heard.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(500);

    /// <summary>Shorter than a life. Of several services, all that there are have been asked by then.</summary>
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(3);

    /// <summary>The orchestrator waits for the process.</summary>
    private static readonly TimeSpan LeaveTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Before its end, its life is not sure any more: what is sent takes time on its way.</summary>
    private static readonly TimeSpan Margin = TimeSpan.FromMilliseconds(250);

    private readonly Permission _held = new();
    private readonly Permission _polls = new();
    private volatile TaskCompletionSource _renewal = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile TaskCompletionSource? _death;
    private LeaseStanding _standing = LeaseStanding.Unspecified;
    private volatile string? _otherHolder;
    private long _sureUntil = long.MaxValue;
    private TimeSpan _pause = FirstPause;

    /// <summary>Running turns that were stopped or cancelled at another gateway; each is named until it has ended.</summary>
    public event Action<IReadOnlyList<long>> StopRequested = _ => { };

    /// <summary>Running turns whose question was edited, as another gateway has heard.</summary>
    public event Action<IReadOnlyList<Turn>> QuestionsEdited = _ => { };

    /// <summary>The turns that are being answered.</summary>
    public Func<IEnumerable<Turn>> Running { get; set; } = () => [];

    public bool IsHeld => _held.IsGiven;

    /// <summary>Where the gateway runs that answers, or takes updates, instead of this one; null = none, as far as known.</summary>
    public string? OtherHolder => _otherHolder;

    /// <summary>Waits until this gateway may answer; the result is cancelled when it no longer may, and has to drop all that it has.</summary>
    public Task<CancellationToken> HeldAsync(CancellationToken cancellationToken) => _held.GivenAsync(cancellationToken);

    /// <summary>Waits until this gateway may ask Telegram for updates, which one gateway does at a time; the result is cancelled when it no longer may.</summary>
    public Task<CancellationToken> PollsAsync(CancellationToken cancellationToken) => _polls.GivenAsync(cancellationToken);

    /// <summary>All was dropped that this gateway had before it was declared dead, if it was: it comes back.</summary>
    public void Return() => _death?.TrySetResult();

    /// <summary>Waits while another gateway may already have taken up what this one has.</summary>
    public async Task SurelyAliveAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var renewal = _renewal.Task;
            if (time.GetTimestamp() < Volatile.Read(ref _sureUntil))
                return;
            await renewal.WaitAsync(cancellationToken);
        }
    }

    /// <summary>
    /// Whether this gateway is the one that answers. One that waits is degraded, not unhealthy: a deployment that starts the new
    /// instance before it ends the old one would otherwise wait for ever.
    /// </summary>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken) =>
        Task.FromResult((IsHeld, OtherHolder) switch
        {
            (true, _) => HealthCheckResult.Healthy(),
            (_, { } holder) => HealthCheckResult.Degraded($"Another gateway answers for this bot ({holder}); this one waits until that one ends"),
            _ => HealthCheckResult.Unhealthy("The session service has not allowed this gateway to answer yet"),
        });

    public override void Dispose()
    {
        base.Dispose();
        _held.Dispose();
        _polls.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                if (!await LiveAsync(stoppingToken))
                    await AskAsync(stoppingToken);
            }
            catch (RpcException error) when (!stoppingToken.IsCancellationRequested)
            {
                sessions.NoteAway(error.StatusCode);
            }
            catch (Exception error) when (stoppingToken.IsCancellationRequested && error is OperationCanceledException or RpcException)
            {
                break;
            }

            await Task.Delay(_pause, time, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            _pause = _pause * 2 < LongestPause ? _pause * 2 : LongestPause;
        }

        if (sessions.IsShared)
            await LeaveAsync();
    }

    /// <summary>The service answers.</summary>
    private void Reached()
    {
        _pause = FirstPause;
        sessions.NoteBack();
    }

    /// <summary>Returns when the service ends the call.</summary>
    private async Task AskAsync(CancellationToken cancellationToken)
    {
        var request = new HoldLeaseRequest { Channel = Conversation.Channel, HolderId = me.Id, Standing = _standing, Instance = me.Place };
        using var call = client.HoldLease(request, cancellationToken: cancellationToken);
        await foreach (var state in call.ResponseStream.ReadAllAsync(cancellationToken))
        {
            Reached();
            if (state.Held)
                Granted();
            else
                await WaitingAsync(state.HolderInstance);
        }
    }

    /// <summary>Says that this gateway lives, again and again. False = nobody asks for that, because the store is not shared.</summary>
    private async Task<bool> LiveAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            if (_death is { } death)
            {
                await death.Task.WaitAsync(cancellationToken);
                me.Renew();
                _death = null;
            }

            var askedAt = time.GetTimestamp();
            var life = await KeepAliveAsync(leaving: false, AnswerTimeout, cancellationToken);
            Reached();
            if (life.LifeMs == 0)
                return false;
            if (life.Dead)
                await DieAsync();
            else
                await RenewedAsync(askedAt, life);
            await Task.Delay(LongestPause, time, cancellationToken);
        }
    }

    private async Task<KeepAliveResponse> KeepAliveAsync(bool leaving, TimeSpan timeout, CancellationToken cancellationToken)
    {
        using var clock = new CancellationTokenSource(timeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, clock.Token);
        var request = new KeepAliveRequest { HolderId = me.Id, Instance = me.Place, Leaving = leaving };
        request.Running.AddRange(Running().Select(turn => new RunningTurn { TurnId = turn.Id, AcceptedAtUnixMs = turn.AcceptedAt.ToUnixTimeMilliseconds() }));
        return await client.KeepAliveAsync(request, cancellationToken: either.Token);
    }

    private async Task RenewedAsync(long askedAt, KeepAliveResponse life)
    {
        // From before the question on: the service counts from a moment after it.
        var sure = TimeSpan.FromMilliseconds(life.LifeMs) - Margin;
        Volatile.Write(ref _sureUntil, askedAt + (long)(sure.TotalSeconds * time.TimestampFrequency));
        Interlocked.Exchange(ref _renewal, new(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();
        sessions.StoreIsShared();
        _otherHolder = life.PollerInstance.Length > 0 ? life.PollerInstance : null;
        _held.Give();
        if (life.Polls)
            _polls.Give();
        else
            await _polls.TakeBackAsync();
        if (life.StopTurnIds.Count > 0)
            StopRequested([.. life.StopTurnIds]);
        if (life.EditedTurns.Count > 0)
            QuestionsEdited([.. life.EditedTurns.Select(SessionMapping.ToTurn).OfType<Turn>()]);
    }

    private async Task DieAsync()
    {
        logger.DeclaredDead();
        _death = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        // Who has not been told that it may answer has nothing to drop, and waits for just that: it would never say so.
        if (!_held.IsGiven)
            Return();
        await _polls.TakeBackAsync();
        await _held.TakeBackAsync();
    }

    /// <summary>What this gateway has open, others may take up at once.</summary>
    private async Task LeaveAsync()
    {
        try
        {
            await KeepAliveAsync(leaving: true, LeaveTimeout, CancellationToken.None);
        }
        catch (RpcException)
        {
            // They do so a few seconds later.
        }
    }

    private void Granted()
    {
        if (_standing is LeaseStanding.Waited)
            logger.LeaseTakenOver();
        (_standing, _otherHolder) = (LeaseStanding.Held, null);
        _held.Give();
        _polls.Give();
    }

    private async Task WaitingAsync(string holder)
    {
        if (holder.Length > 0 && holder != _otherHolder)
            logger.AnotherGatewayAnswers(holder);
        (_standing, _otherHolder) = (LeaseStanding.Waited, holder.Length > 0 ? holder : null);
        await _polls.TakeBackAsync();
        await _held.TakeBackAsync();
    }
}
