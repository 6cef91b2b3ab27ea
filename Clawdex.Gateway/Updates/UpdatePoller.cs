using System.Text.Json;
using Clawdex.Gateway.Services.Lease;
using Clawdex.Gateway.Telegram;
using Telegram.Bot;

namespace Clawdex.Gateway.Updates;

/// <summary>
/// Long polling. Updates are confirmed by the next call's offset, that is after they were taken in: a crash in between brings
/// them again instead of losing them. Survives whatever the network does; a poll that stays silent is given up and repeated.
/// </summary>
internal sealed class UpdatePoller(
    ITelegramBotClient bot, BotConnection connection, PollAge age, AnswerLease lease, LeasedIntake leased, UpdateIntake intake, TimeProvider time)
    : BackgroundService
{
    /// <summary>How long Telegram holds a poll open.</summary>
    private static readonly TimeSpan PollTime = TimeSpan.FromSeconds(30);

    /// <summary>A poll that is silent for so much longer is dead, even if its connection looks alive.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan LastCallTimeout = TimeSpan.FromSeconds(1);

    /// <summary>Between two tries of what could not be stored.</summary>
    private static readonly TimeSpan PauseBeforeAgain = TimeSpan.FromMilliseconds(500);

    private PollPosition _position = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await leased.RunAsync(PollAsync, stoppingToken);
        }
        catch (OperationCanceledException)
        {
            await ConfirmAsync();
        }
    }

    /// <summary>One gateway at a time asks for updates; another one's turn comes when that one has ended.</summary>
    private async Task PollAsync(CancellationToken stopping)
    {
        while (true)
        {
            var over = await lease.PollsAsync(stopping);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(over, stopping);
            try
            {
                await PollInTurnAsync(either.Token);
            }
            catch (OperationCanceledException) when (over.IsCancellationRequested && !stopping.IsCancellationRequested)
            {
                // Another one has been there for longer.
            }
        }
    }

    private async Task PollInTurnAsync(CancellationToken stopping)
    {
        // Whoever polled before this one may have confirmed more than this one did.
        _position = new PollPosition();
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
                await pauses.WaitAsync(await connection.FailedAsync(error, stopping), stopping);
                continue;
            }

            if (updates.Length > 0)
                await TakeInAsync(updates, await connection.CurrentAsync(stopping), stopping);
        }
    }

    private async Task TakeInAsync(JsonElement[] updates, BotIdentity identity, CancellationToken stopping)
    {
        var isNew = (JsonElement update) => UpdateIntake.IdOf(update) is not { } id || !_position.IsDone(id);
        var notStored = await intake.HandleAsync(updates.Where(isNew), identity, stopping);
        List<int> ids = [.. updates.Select(UpdateIntake.IdOf).OfType<int>()];
        _position.Advance(ids, notStored);
        // What has no number cannot be confirmed, and comes at once again.
        if (notStored.Count > 0 || ids.Count == 0)
            await Task.Delay(PauseBeforeAgain, time, stopping);
    }

    private async Task<JsonElement[]> GetUpdatesAsync(TimeSpan pollTime, int limit, TimeSpan atMost, CancellationToken cancellationToken)
    {
        var request = new RawUpdatesRequest
        {
            Offset = _position.Offset,
            Limit = limit,
            Timeout = (int)pollTime.TotalSeconds,
            AllowedUpdates = UpdateReader.Kinds,
        };
        // The request itself confirms: a poll that waits for updates has done so already.
        (var wasUnconfirmed, _position.IsUnconfirmed) = (_position.IsUnconfirmed, false);
        try
        {
            return await connection.CallAsync(cancel => bot.SendRequest(request, cancel), cancellationToken, atMost);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            _position.IsUnconfirmed = wasUnconfirmed;
            throw;
        }
    }

    /// <summary>Spares the next start what was taken in already; without it, it would only come twice.</summary>
    private async Task ConfirmAsync()
    {
        if (!_position.IsUnconfirmed)
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
