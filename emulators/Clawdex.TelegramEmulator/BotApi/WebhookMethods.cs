using Clawdex.TelegramEmulator.Updates;

namespace Clawdex.TelegramEmulator.BotApi;

/// <summary>setWebhook, deleteWebhook and getWebhookInfo.</summary>
internal sealed class WebhookMethods(Webhook webhook, UpdateQueue updates, LongPoll poll, TimeProvider time)
{
    private const int MaxSecretLength = 256;

    private static readonly TimeSpan BetweenChanges = TimeSpan.FromSeconds(1);

    private readonly Lock _gate = new();
    private DateTimeOffset _nextChange = DateTimeOffset.MinValue;

    public BotResult Set(BotCall call)
    {
        var address = call.Text("url");
        if (address.Length is 0)
            return Delete(call);
        if (!MayChange())
            return BotResult.TooManyRequests(1);
        if (!Uri.TryCreate(address.Contains("://", StringComparison.Ordinal) ? address : $"https://{address}", UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            return BotResult.BadRequest("invalid webhook URL specified");
        // Like a local Bot API server the emulator takes http and any port, but nothing may leave this machine.
        if (!url.IsLoopback)
            return BotResult.BadRequest("bad webhook: the emulator delivers to this machine only");
        var secret = call.Text("secret_token");
        if (secret.Length > MaxSecretLength)
            return BotResult.BadRequest("secret token is too long");
        if (!secret.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            return BotResult.BadRequest("secret token contains unallowed characters");

        Prepare(call);
        poll.Terminate();
        var changed = webhook.Set(new(url, secret, call.Int32("max_connections", 40, 1, 100)));
        return Done(changed ? "Webhook was set" : "Webhook is already set");
    }

    public BotResult Delete(BotCall call)
    {
        Prepare(call);
        return Done(webhook.Set(null) ? "Webhook was deleted" : "Webhook is already deleted");
    }

    public BotResult Info(BotCall call)
    {
        var settings = webhook.Settings;
        return BotResult.Ok(new(settings?.Url.OriginalString ?? "", false, updates.Count)
        {
            LastErrorDate = webhook.LastError?.Time.ToUnixTimeSeconds(),
            LastErrorMessage = webhook.LastError?.Text,
            MaxConnections = settings?.MaxConnections,
            AllowedUpdates = updates.Allowed is { Count: > 0 } allowed ? allowed : null,
        }, BotApiJson.Default.ApiWebhookInfo);
    }

    private void Prepare(BotCall call)
    {
        if (call.AllowedUpdates() is { } allowed)
            updates.Allowed = allowed;
        if (call.Flag("drop_pending_updates"))
            updates.Clear();
    }

    private bool MayChange()
    {
        lock (_gate)
        {
            var now = time.GetUtcNow();
            if (now < _nextChange)
                return false;
            _nextChange = now + BetweenChanges;
            return true;
        }
    }

    private static BotResult Done(string description) => BotResult.Ok(true, BotApiJson.Default.Boolean, description);
}
