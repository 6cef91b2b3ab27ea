using System.Text.Json;
using Telegram.Bot;

namespace Clawdex.Gateway.Inbound;

/// <summary>
/// Long polling. Updates are confirmed by the next call's offset, that is after they were taken in: a crash in between brings
/// them again instead of losing them. Survives whatever the network does; a poll that stays silent is given up and repeated.
/// </summary>
internal sealed class UpdatePoller(
    ITelegramBotClient bot, BotConnection connection, PollAge age, Answering answering, UpdateIntake intake, TimeProvider time)
    : BackgroundService
{
    /// <summary>How long Telegram holds a poll open.</summary>
    private static readonly TimeSpan PollTime = TimeSpan.FromSeconds(30);

    /// <summary>A poll that is silent for so much longer is dead, even if its connection looks alive.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan LastCallTimeout = TimeSpan.FromSeconds(1);

    private int? _offset;
    private bool _unconfirmed;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            var identity = await connection.OpenAsync(stoppingToken);
            await answering.RunAsync(held => PollAsync(identity, held), stoppingToken);
        }
        catch (OperationCanceledException)
        {
            await ConfirmAsync();
        }
    }

    private async Task PollAsync(BotIdentity identity, CancellationToken stopping)
    {
        // Whoever polled before this one may have confirmed more than this one did.
        (_offset, _unconfirmed) = (null, false);
        age.Renew();
        var pauses = new Backoff(time);
        while (true)
        {
            stopping.ThrowIfCancellationRequested();
            JsonElement[] updates;
            try
            {
                updates = await GetUpdatesAsync(PollTime, limit: 100, PollTime + Grace, stopping);
                connection.Succeeded();
                pauses.Reset();
            }
            catch (Exception error) when (!stopping.IsCancellationRequested)
            {
                await pauses.WaitAsync(connection.Failed(error), stopping);
                continue;
            }

            if (await intake.HandleAsync(updates, identity, stopping) is { } last)
                (_offset, _unconfirmed) = (last + 1, true);
        }
    }

    private async Task<JsonElement[]> GetUpdatesAsync(TimeSpan pollTime, int limit, TimeSpan atMost, CancellationToken cancellationToken)
    {
        using var watchdog = new CancellationTokenSource(atMost, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, watchdog.Token);
        var request = new RawUpdatesRequest
        {
            Offset = _offset,
            Limit = limit,
            Timeout = (int)pollTime.TotalSeconds,
            AllowedUpdates = UpdateReader.Kinds,
        };
        // The request itself confirms: a poll that waits for updates has done so already.
        (var wasUnconfirmed, _unconfirmed) = (_unconfirmed, false);
        try
        {
            return await bot.SendRequest(request, either.Token);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            _unconfirmed = wasUnconfirmed;
            throw;
        }
    }

    /// <summary>Spares the next start what was taken in already; without it, it would only come twice.</summary>
    private async Task ConfirmAsync()
    {
        if (!_unconfirmed)
            return;
        try
        {
            await GetUpdatesAsync(TimeSpan.Zero, limit: 1, LastCallTimeout, CancellationToken.None);
        }
        catch (Exception)
        {
            // The network may be gone by now; every update that comes twice is recognized.
        }
    }
}
