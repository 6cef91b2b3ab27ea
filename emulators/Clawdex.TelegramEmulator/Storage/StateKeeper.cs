using Clawdex.TelegramEmulator.BotApi;
using Clawdex.TelegramEmulator.Chats;
using Clawdex.TelegramEmulator.Control;
using Clawdex.TelegramEmulator.Updates;
using Microsoft.Extensions.Options;

namespace Clawdex.TelegramEmulator.Storage;

/// <summary>Before the first request: brings back what the last run left, and creates the first chat where there is none.</summary>
internal sealed class StateKeeper(
    StateLog log,
    ChatBook book,
    UpdateQueue updates,
    CommandMenu commands,
    Webhook webhook,
    ChatSetup setup,
    IOptions<TelegramEmulatorOptions> options) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken)
    {
        foreach (var line in log.Read())
            Restore(line);
        lock (book.Gate)
        {
            log.Open(Snapshot());
            if (options.Value.FirstChat.Length > 0 && !book.Chats.Any())
                setup.Create(new() { Kind = ChatKind.Private, Title = options.Value.FirstChat });
        }

        return Task.CompletedTask;
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Restore(StateLine line)
    {
        updates.Restore(line);
        if (line.Commands is not null)
            commands.Restore(line.Commands);
        if (line.Webhook is not null)
            webhook.Set(line.Webhook == WebhookSettings.None ? null : line.Webhook);
        lock (book.Gate)
        {
            if (line.Chat is not null)
                book.Put(line.Chat);
            if (line.Message is { } message && book.Find(message.ChatId) is { } chat)
                book.Put(chat, message);
        }
    }

    private IEnumerable<StateLine> Snapshot() =>
    [
        .. book.Chats.Select(chat => new StateLine { Chat = chat.Info }),
        .. book.Chats.SelectMany(chat => chat.Messages).Select(message => new StateLine { Message = message }),
        .. updates.Snapshot().Select(update => new StateLine { Update = update }),
        // After the updates: it may lie below their ids.
        new() { NextUpdateId = updates.NextId },
        new() { AllowedUpdates = updates.Allowed },
        .. commands.Snapshot().Select(list => new StateLine { Commands = list }),
        new() { Webhook = webhook.Settings ?? WebhookSettings.None },
    ];
}
