using Clawdex.Gateway.Commands;
using Clawdex.Gateway.Outbound;
using Microsoft.Extensions.Options;
using Telegram.Bot;
using Telegram.Bot.Types;

namespace Clawdex.Gateway.Inbound;

/// <summary>
/// Whether the Bot API answers, and as whom. Logs each change once. A bot that Telegram does not know is the one thing that
/// no waiting helps against: it ends the process.
/// </summary>
internal sealed class BotConnection(
    ITelegramBotClient bot,
    IOptions<TelegramOptions> options,
    CommandTable commands,
    PollAge poll,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    ILogger<BotConnection> logger)
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(20);

    private readonly Lock _gate = new();
    private BotApiFailure? _failure;

    /// <summary>Null until <c>getMe</c> was answered.</summary>
    public BotIdentity? Identity { get; private set; }

    /// <summary>What the last call ran into; null = it was answered.</summary>
    public BotApiFailure? Failure
    {
        get
        {
            lock (_gate)
                return _failure;
        }
    }

    /// <summary>Asks who the bot is until Telegram answers, and registers the command menu.</summary>
    public async Task<BotIdentity> OpenAsync(CancellationToken cancellationToken)
    {
        var pauses = new Backoff(time);
        while (true)
        {
            try
            {
                var me = await CallAsync(cancel => bot.GetMe(cancel), cancellationToken);
                Succeeded();
                Identity = new BotIdentity(me.Id, me.Username ?? "");
                logger.Connected(Identity.Username);
                if (options.Value is { AllowedUsers: [], ApiBaseUrl: TelegramOptions.OfficialApi })
                    logger.EveryoneIsAllowed();
                await RegisterMenuAsync(cancellationToken);
                return Identity;
            }
            catch (Exception error) when (!cancellationToken.IsCancellationRequested)
            {
                await pauses.WaitAsync(Failed(error), cancellationToken);
            }
        }
    }

    public void Succeeded()
    {
        poll.Renew();
        bool wasAway;
        lock (_gate)
            (wasAway, _failure) = (_failure is not null, null);
        if (wasAway)
            logger.TelegramIsBack();
    }

    /// <returns>The failure, to wait by.</returns>
    /// <exception cref="OperationCanceledException">Telegram does not know the bot: the process is ending.</exception>
    public BotApiFailure Failed(Exception error)
    {
        var failure = BotApiFailure.Of(error);
        bool isNew;
        lock (_gate)
            (isNew, _failure) = (_failure?.Kind != failure.Kind, failure);

        switch (failure.Kind)
        {
            case BotApiFailureKind.Unauthorized:
                logger.BotIsUnknown(failure.Code);
                Environment.ExitCode = 1;
                lifetime.StopApplication();
                throw new OperationCanceledException("The bot is unknown", lifetime.ApplicationStopping);
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

        return failure;
    }

    // The menu is a convenience: without it every command works just the same.
    private async Task RegisterMenuAsync(CancellationToken cancellationToken)
    {
        try
        {
            await CallAsync(
                async cancel =>
                {
                    await bot.SetMyCommands(commands.All.Select(command => new BotCommand(command.Name, command.Description)), cancellationToken: cancel);
                    return true;
                },
                cancellationToken);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            logger.MinorCallFailed(BotApiFailure.Of(error).Kind);
        }
    }

    private async Task<T> CallAsync<T>(Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(CallTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        return await call(either.Token);
    }
}
