using Clawdex.TelegramEmulator.Chats;
using Clawdex.TelegramEmulator.Storage;

namespace Clawdex.TelegramEmulator.Updates;

/// <summary>What setWebhook asked for.</summary>
internal sealed record WebhookSettings(Uri Url, string Secret, int MaxConnections)
{
    /// <summary>Stands for no webhook in the log.</summary>
    public static WebhookSettings None { get; } = new(new Uri("about:blank"), "", 0);
}

/// <summary>The present webhook, and what getWebhookInfo tells of its last failure.</summary>
internal sealed class Webhook(StateLog log)
{
    private readonly Lock _gate = new();
    private readonly ChangeSignal _changed = new();
    private WebhookSettings? _settings;
    private (DateTimeOffset Time, string Text)? _lastError;

    public bool IsActive => Settings is not null;

    /// <summary>Null = none: updates are fetched by polling.</summary>
    public WebhookSettings? Settings
    {
        get
        {
            lock (_gate)
                return _settings;
        }
    }

    public (DateTimeOffset Time, string Text)? LastError
    {
        get
        {
            lock (_gate)
                return _lastError;
        }
    }

    /// <summary>Ends when the settings change; take it before looking.</summary>
    public Task NextChange => _changed.Next;

    /// <returns>False when nothing changed.</returns>
    public bool Set(WebhookSettings? settings)
    {
        lock (_gate)
        {
            if (_settings == settings)
                return false;
            _settings = settings;
            _lastError = null;
            log.Append(new() { Webhook = settings ?? WebhookSettings.None });
        }

        _changed.Raise();
        return true;
    }

    public void Failed(DateTimeOffset time, string text)
    {
        lock (_gate)
            _lastError = (time, text);
    }
}
