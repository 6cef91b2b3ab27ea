using System.Globalization;
using Clawdex.Gateway.Services.Lease;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;
using Telegram.Bot;

namespace Clawdex.Gateway.Telegram;

/// <summary>
/// Whether the Bot API answers, and as whom. Logs each change once. A bot that Telegram does not know is the one thing that
/// no waiting helps against: it ends the process, once <c>getMe</c> says so.
/// </summary>
internal sealed class BotConnection(
    ITelegramBotClient bot,
    IOptions<TelegramOptions> options,
    PollAge poll,
    TelegramChat chat,
    AnswerLease lease,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<BotConnection> logger)
    : IHealthCheck
{
    /// <summary>For every call but the poll: one that stays silent is given up, and repeated.</summary>
    public static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(20);

    /// <summary>A bot's owner may rename it at any time, and nothing tells it so.</summary>
    private static readonly TimeSpan NameIsOldAfter = TimeSpan.FromMinutes(5);

    /// <summary>Updates wait for it.</summary>
    private static readonly TimeSpan NameTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Three long polls of 30 s.</summary>
    private static readonly TimeSpan PollIsOldAfter = TimeSpan.FromSeconds(90);

    /// <summary>Below 100 s together with the time after which a silent call is given up.</summary>
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(75);

    private readonly Lock _gate = new();

    // What the last call ran into; null = it was answered.
    private volatile BotApiFailure? _failure;
    private long? _namedAt;

    /// <summary>Null until <c>getMe</c> was answered.</summary>
    public BotIdentity? Identity { get; private set; }

    /// <summary>
    /// The gateway is healthy while updates reach it, because polls are answered or the webhook is registered, and what it writes
    /// reaches the chats. A failure or two is not worth an alarm, since the poller gets over it by itself, and a gateway behind
    /// another one that answers neither polls nor registers a webhook.
    /// </summary>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken) =>
        Task.FromResult(Problem is { } problem
            ? HealthCheckResult.Unhealthy(_failure is { Kind: var kind } ? $"{problem} ({kind})" : problem)
            : HealthCheckResult.Healthy());

    private string? Problem => (Identity, poll.Value) switch
    {
        (null, _) => "Not yet connected to the Bot API",
        _ when chat.AwayFor is { } away && away > LongestSilence =>
            string.Create(CultureInfo.InvariantCulture, $"Nothing that was written has reached a chat for {away.TotalSeconds:0} s"),
        _ when options.Value.UsesWebhook => _failure is null || !lease.IsHeld ? null : "The webhook cannot be registered",
        (_, { } age) when age > PollIsOldAfter && lease.OtherHolder is null =>
            string.Create(CultureInfo.InvariantCulture, $"Telegram has answered no poll for {age.TotalSeconds:0} s"),
        _ => null,
    };

    /// <summary>Asks who the bot is until Telegram answers.</summary>
    public async Task<BotIdentity> OpenAsync(CancellationToken cancellationToken)
    {
        var pauses = new Backoff(time);
        while (true)
        {
            try
            {
                var identity = await AskAsync(CallTimeout, cancellationToken);
                Succeeded();
                if (options.Value is { AllowsEveryone: true, ApiBaseUrl: TelegramOptions.OfficialApi })
                    logger.EveryoneIsAllowed();
                return identity;
            }
            catch (Exception error) when (!cancellationToken.IsCancellationRequested)
            {
                var failure = BotApiFailure.Of(error);
                if (failure.Kind is BotApiFailureKind.Unauthorized)
                    throw End(failure);
                Note(failure);
                await pauses.WaitAsync(failure, cancellationToken);
            }
        }
    }

    /// <summary>Who the bot is by now, to read an update by: asked again after a while, and after Telegram was away.</summary>
    public async Task<BotIdentity> CurrentAsync(CancellationToken cancellationToken)
    {
        if (Identity is not { } known)
            return await OpenAsync(cancellationToken);
        lock (_gate)
        {
            if (_namedAt is { } at && time.GetElapsedTime(at) < NameIsOldAfter)
                return known;
            // Whoever comes meanwhile need not ask as well.
            _namedAt = time.GetTimestamp();
        }

        try
        {
            return await AskAsync(NameTimeout, cancellationToken);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            logger.MinorCallFailed(BotApiFailure.Of(error).Kind);
            return known;
        }
    }

    /// <summary>One call of the bot's own, given up after a while.</summary>
    /// <param name="atMost">Null = <see cref="CallTimeout"/>.</param>
    public async Task<T> CallAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken, TimeSpan? atMost = null)
    {
        using var timeout = new CancellationTokenSource(atMost ?? CallTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        return await call(either.Token);
    }

    public void Succeeded()
    {
        poll.Renew();
        bool wasAway;
        lock (_gate)
        {
            (wasAway, _failure) = (_failure is not null, null);
            if (wasAway)
                _namedAt = null;
        }

        if (wasAway)
            logger.TelegramIsBack();
    }

    /// <returns>The failure, to wait by.</returns>
    /// <exception cref="OperationCanceledException">Telegram does not know the bot: the process is ending.</exception>
    public async Task<BotApiFailure> FailedAsync(Exception error, CancellationToken cancellationToken)
    {
        var failure = BotApiFailure.Of(error);
        // One call's word is not enough: servers that stumble say the same.
        if (failure.Kind is BotApiFailureKind.Unauthorized && await IsUnknownAsync(cancellationToken))
            throw End(failure);
        Note(failure);
        return failure;
    }

    private async Task<bool> IsUnknownAsync(CancellationToken cancellationToken)
    {
        try
        {
            await AskAsync(CallTimeout, cancellationToken);
            return false;
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            return BotApiFailure.Of(error).Kind is BotApiFailureKind.Unauthorized;
        }
    }

    private OperationCanceledException End(BotApiFailure failure)
    {
        logger.BotIsUnknown(failure.Code);
        Environment.ExitCode = 1;
        lifetime.StopApplication();
        return new OperationCanceledException("The bot is unknown", lifetime.ApplicationStopping);
    }

    private async Task<BotIdentity> AskAsync(TimeSpan atMost, CancellationToken cancellationToken)
    {
        var me = await CallAsync(cancel => bot.GetMe(cancel), cancellationToken, atMost);
        var identity = new BotIdentity(me.Id, me.Username ?? "");
        lock (_gate)
            _namedAt = time.GetTimestamp();
        if (identity != Identity)
            logger.Connected(identity.Username);
        return Identity = identity;
    }

    private void Note(BotApiFailure failure)
    {
        bool isNew;
        lock (_gate)
            (isNew, _failure) = (_failure?.Kind != failure.Kind, failure);

        switch (failure.Kind)
        {
            case BotApiFailureKind.Conflict when isNew && failure.Description.Contains("webhook", StringComparison.OrdinalIgnoreCase):
                logger.WebhookIsSet();
                break;
            case BotApiFailureKind.Conflict when isNew:
                logger.AnotherPoller();
                break;
            case not BotApiFailureKind.Conflict when isNew:
                logger.TelegramIsAway(options.Value.ApiBaseUrl, failure.Description);
                break;
        }
    }
}

/// <summary>Who the bot is, as <c>getMe</c> says.</summary>
/// <param name="Username">Without the @.</param>
internal sealed record BotIdentity(long Id, string Username);
