using System.Text.Json;
using Clawdex.TelegramEmulator.BotApi;
using Clawdex.TelegramEmulator.Chats;

namespace Clawdex.TelegramEmulator.Updates;

/// <summary>
/// Delivers updates to the bot's webhook: those of one chat one after the other, chats in parallel up to the agreed number of
/// connections, each until it is taken. Timings from tdlib/telegram-bot-api (WebhookActor.cpp).
/// </summary>
internal sealed class WebhookSender(Webhook webhook, UpdateQueue updates, BotMethods methods, TimeProvider time, ILogger<WebhookSender> logger)
    : BackgroundService
{
    private static readonly HashSet<string> NotInReplies = new(StringComparer.OrdinalIgnoreCase) { "setWebhook", "deleteWebhook", "close", "logOut" };

    private static readonly TimeSpan FirstDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxDelay = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan MaxRetryAfter = TimeSpan.FromHours(1);
    private static readonly TimeSpan AnswerTimeout = TimeSpan.FromSeconds(60);

    private readonly ChangeSignal _slotFree = new();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var client = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false }) { Timeout = AnswerTimeout };
        while (!stoppingToken.IsCancellationRequested)
        {
            var changed = webhook.NextChange;
            if (webhook.Settings is { } settings)
                await DeliverAsync(client, settings, changed, stoppingToken);
            else
                await changed.WaitAsync(stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Until the webhook changes: a task per chat with something to deliver.</summary>
    private async Task DeliverAsync(HttpClient client, WebhookSettings settings, Task changed, CancellationToken stop)
    {
        using var replaced = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var deliveries = new Dictionary<long, Task>();
        while (!changed.IsCompleted && !stop.IsCancellationRequested)
        {
            var slotFree = _slotFree.Next;
            var arrived = updates.NextChange;
            foreach (var (chat, _) in deliveries.Where(delivery => delivery.Value.IsCompleted).ToList())
                deliveries.Remove(chat);
            foreach (var update in updates.Snapshot().DistinctBy(update => update.ChatId))
            {
                if (deliveries.Count < settings.MaxConnections && !deliveries.ContainsKey(update.ChatId))
                    deliveries.Add(update.ChatId, DeliverAsync(client, settings, update, replaced.Token));
            }

            Task wakeUp = Task.WhenAny(changed, arrived, slotFree);
            await wakeUp.WaitAsync(stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await replaced.CancelAsync();
        await Task.WhenAll(deliveries.Values);
    }

    /// <summary>One update, repeated until it is taken, has expired, or the webhook is gone.</summary>
    private async Task DeliverAsync(HttpClient client, WebhookSettings settings, PendingUpdate update, CancellationToken stop)
    {
        var delay = FirstDelay;
        try
        {
            while (time.GetUtcNow() < update.Expires)
            {
                var attempt = await AttemptAsync(client, settings, update, stop);
                if (attempt.Error is null)
                {
                    updates.Confirm(update);
                    return;
                }

                webhook.Failed(time.GetUtcNow(), attempt.Error);
                logger.WebhookFailed(update.Id, attempt.Error);
                await Task.Delay(attempt.RetryAfter ?? delay, time, stop);
                delay = delay * 2 > MaxDelay ? MaxDelay : delay * 2;
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // The webhook was removed or the emulator stops; the update stays pending.
        }
        finally
        {
            _slotFree.Raise();
        }
    }

    private async Task<Attempt> AttemptAsync(HttpClient client, WebhookSettings settings, PendingUpdate update, CancellationToken stop)
    {
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, settings.Url) { Content = new ByteArrayContent(update.Json) };
            request.Content.Headers.ContentType = new("application/json");
            if (settings.Secret.Length > 0)
                request.Headers.Add("X-Telegram-Bot-Api-Secret-Token", settings.Secret);
            using var response = await client.SendAsync(request, stop);
            if (!response.IsSuccessStatusCode)
            {
                var wait = response.Headers.RetryAfter?.Delta;
                return new(
                    $"Wrong response from the webhook: {(int)response.StatusCode} {response.ReasonPhrase}",
                    wait > MaxRetryAfter ? MaxRetryAfter : wait);
            }

            await ExecuteReplyAsync(await response.Content.ReadAsByteArrayAsync(stop), stop);
            return new(null, null);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            return new("Connection failed", null);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested)
        {
            return new("Read timeout expired", null);
        }
    }

    /// <summary>A webhook may answer with one call; its result is lost. Calls that fetch something or change the webhook are ignored.</summary>
    private async Task ExecuteReplyAsync(byte[] body, CancellationToken stop)
    {
        try
        {
            if (body.Length is 0)
                return;
            using var json = JsonDocument.Parse(body);
            var arguments = new Dictionary<string, string>(StringComparer.Ordinal);
            if (!BotCallReader.TryRead(json.RootElement, arguments, out _) || !arguments.Remove("method", out var method))
                return;
            if (!method.StartsWith("get", StringComparison.OrdinalIgnoreCase) && !NotInReplies.Contains(method))
                await methods.InvokeAsync(new(method, arguments, stop));
        }
        catch (JsonException)
        {
            // A webhook may answer anything; only a call matters.
        }
    }

    /// <param name="Error">Null when the webhook took the update.</param>
    private sealed record Attempt(string? Error, TimeSpan? RetryAfter);
}
