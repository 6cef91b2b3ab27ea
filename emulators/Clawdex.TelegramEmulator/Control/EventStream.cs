using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Clawdex.TelegramEmulator.Chats;

namespace Clawdex.TelegramEmulator.Control;

/// <summary>
/// The timeline of all chats as server-sent events for the page. A page that comes back names the last event it has; where that
/// is not possible any more, it is told to load everything anew.
/// </summary>
internal sealed class EventStream(Timeline timeline, TimeProvider time)
{
    /// <summary>How often a quiet connection shows that it lives.</summary>
    private static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(25);

    /// <summary>How soon a page tries again.</summary>
    private static readonly TimeSpan Reconnect = TimeSpan.FromSeconds(1);

    /// <summary>Tells apart the numbers of this run from those of an earlier one.</summary>
    private readonly string _run = Guid.NewGuid().ToString("N");

    /// <param name="lastEventId">Null or unknown: the stream begins now, with a <c>reset</c>.</param>
    public async IAsyncEnumerable<SseItem<string>> ReadAsync(string? lastEventId, [EnumeratorCancellation] CancellationToken stop)
    {
        var after = Sequence(lastEventId);
        while (!stop.IsCancellationRequested)
        {
            var (entries, changed) = timeline.ReadRecent(after ?? long.MaxValue);
            if (entries is null)
            {
                after = timeline.Last;
                yield return Item("reset", "{}", after.Value);
                continue;
            }

            foreach (var entry in entries)
            {
                after = entry.Sequence;
                yield return Item("entry", JsonSerializer.Serialize(entry, ControlJson.Default.TimelineEntry), entry.Sequence);
            }

            if (entries.Count is 0 && !await ChangesAsync(changed, stop))
                yield return Item("ping", "{}", after ?? 0);
        }
    }

    /// <returns>False when it was time for a heartbeat.</returns>
    private async Task<bool> ChangesAsync(Task changed, CancellationToken stop)
    {
        await changed.WaitAsync(Heartbeat, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return changed.IsCompleted;
    }

    private long? Sequence(string? eventId) =>
        eventId?.Split('-') is [var run, var number] && run == _run && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
            ? sequence
            : null;

    private SseItem<string> Item(string type, string data, long sequence) =>
        new(data, type) { ReconnectionInterval = Reconnect, EventId = string.Create(CultureInfo.InvariantCulture, $"{_run}-{sequence}") };
}
