using System.Globalization;
using System.Text;

namespace Clawdex.TelegramEmulator.Control;

/// <summary>One chat of a running emulator, seen by its users: write, press, read, and wait for the bot.</summary>
public sealed class EmulatedChat(TelegramEmulatorControl control, ChatInfo info)
{
    /// <summary>How long one request waits for news; the next one goes on.</summary>
    private const int WaitSeconds = 30;

    public long Id => info.Id;

    public string Title => info.Title;

    /// <summary>As of when the handle was made.</summary>
    public IReadOnlyList<ForumTopic> Topics => info.Topics;

    public ChatInfo Info => info;

    public Task<EmulatedMessage> SendTextAsync(string text, CancellationToken cancellationToken) =>
        SendAsync(new() { Text = text }, cancellationToken);

    public Task<EmulatedMessage> SendAsync(UserMessage message, CancellationToken cancellationToken) =>
        control.PostAsync($"chats/{Id}/messages", message, ControlJson.Default.UserMessage, ControlJson.Default.EmulatedMessage, cancellationToken);

    /// <summary>A user edits an own message.</summary>
    public Task EditAsync(int messageId, UserEdit edit, CancellationToken cancellationToken) =>
        control.PutAsync($"chats/{Id}/messages/{messageId}", edit, ControlJson.Default.UserEdit, cancellationToken);

    /// <summary>A user deletes any message, the bot's included.</summary>
    public Task DeleteAsync(int messageId, CancellationToken cancellationToken) =>
        control.DeleteAsync($"chats/{Id}/messages/{messageId}", cancellationToken);

    public Task<PressedButton> PressAsync(int messageId, string data, CancellationToken cancellationToken) =>
        PressAsync(new(messageId, data), cancellationToken);

    public Task<PressedButton> PressAsync(ButtonPress press, CancellationToken cancellationToken) =>
        control.PostAsync($"chats/{Id}/presses", press, ControlJson.Default.ButtonPress, ControlJson.Default.PressedButton, cancellationToken);

    /// <summary>Blocks the bot, throws it out, and so on; and back.</summary>
    public Task SetAccessAsync(BotAccess access, CancellationToken cancellationToken) =>
        control.PutAsync($"chats/{Id}/access", new(access), ControlJson.Default.AccessChange, cancellationToken);

    public Task<ForumTopic> AddTopicAsync(string name, CancellationToken cancellationToken) =>
        control.PostAsync($"chats/{Id}/topics", new(name), ControlJson.Default.NewTopic, ControlJson.Default.ForumTopic, cancellationToken);

    public Task RemoveTopicAsync(int topicId, CancellationToken cancellationToken) =>
        control.DeleteAsync($"chats/{Id}/topics/{topicId}", cancellationToken);

    /// <summary>Upgrades a basic group.</summary>
    /// <returns>The supergroup.</returns>
    public async Task<EmulatedChat> MigrateAsync(CancellationToken cancellationToken) =>
        new(control, await control.PostAsync($"chats/{Id}/migration", ControlJson.Default.ChatInfo, cancellationToken));

    /// <summary>The messages as the chat shows them now, without deleted ones.</summary>
    public async Task<IReadOnlyList<EmulatedMessage>> GetMessagesAsync(CancellationToken cancellationToken) =>
        (await control.GetAsync($"chats/{Id}", ControlJson.Default.ChatSnapshot, cancellationToken)).Messages;

    /// <summary>All that happened, rejected calls included, oldest first.</summary>
    public async Task<IReadOnlyList<TimelineEntry>> GetTimelineAsync(CancellationToken cancellationToken) =>
        (await control.GetAsync($"chats/{Id}/timeline", ControlJson.Default.TimelinePage, cancellationToken)).Entries;

    /// <summary>Waits until the whole timeline is as wanted. Looks again whenever something happens; never polls.</summary>
    /// <returns>The timeline.</returns>
    /// <exception cref="TimeoutException">With the timeline so far.</exception>
    public async Task<IReadOnlyList<TimelineEntry>> WaitForTimelineAsync(
        Func<IReadOnlyList<TimelineEntry>, bool> condition,
        TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(timeout);
        List<TimelineEntry> timeline = [];
        try
        {
            var path = $"chats/{Id}/timeline";
            while (true)
            {
                var page = await control.GetAsync(path, ControlJson.Default.TimelinePage, deadline.Token);
                timeline.AddRange(page.Entries);
                if (condition(timeline))
                    return timeline;
                path = string.Create(CultureInfo.InvariantCulture, $"chats/{Id}/timeline?after={page.Sequence}&wait={WaitSeconds}");
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new TimeoutException($"Chat {Id} was not as wanted within {timeout.TotalSeconds} s. Its timeline:\n{Describe(timeline)}");
        }
    }

    /// <summary>Waits for an entry, past ones included.</summary>
    public async Task<TimelineEntry> WaitForEntryAsync(Func<TimelineEntry, bool> condition, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var timeline = await WaitForTimelineAsync(entries => entries.Any(condition), timeout, cancellationToken);
        return timeline.First(condition);
    }

    /// <summary>Waits until one of the bot's messages is as wanted, in the state that it then has.</summary>
    public async Task<EmulatedMessage> WaitForBotMessageAsync(
        Func<EmulatedMessage, bool> condition,
        TimeSpan timeout,
        CancellationToken cancellationToken)
    {
        var entry = await WaitForEntryAsync(
            entry => entry is { Kind: TimelineKind.Send or TimelineKind.Edit or TimelineKind.EditMarkup, Ok: true, Message: { } message } && condition(message),
            timeout,
            cancellationToken);
        return entry.Message ?? throw new InvalidOperationException("A successful send has its message");
    }

    private static string Describe(List<TimelineEntry> timeline)
    {
        var text = new StringBuilder();
        foreach (var entry in timeline)
        {
            var outcome = entry.Ok ? "" : $" -> {entry.ErrorCode} {entry.Error}";
            text.Append(CultureInfo.InvariantCulture, $"{entry.Time:HH:mm:ss.fff} {entry.Kind} {entry.MessageId} {entry.Detail}{outcome} {entry.Message?.Text}\n");
        }

        return text.ToString();
    }
}
