using Clawdex.TelegramEmulator.Control;
using Microsoft.Extensions.Options;

namespace Clawdex.TelegramEmulator.Chats;

/// <summary>Everything that happened, in order: per chat for tests, over all chats for the page. Bounded in both.</summary>
internal sealed class Timeline(TimeProvider time, IOptions<TelegramEmulatorOptions> options)
{
    /// <summary>What a page that lost its connection can catch up on; after more it loads everything anew.</summary>
    private const int RecentEntries = 2_000;

    private readonly Lock _gate = new();
    private readonly Queue<TimelineEntry> _recent = new();
    private readonly Dictionary<long, Section> _sections = [];
    private readonly ChangeSignal _changed = new();
    private long _last;

    /// <summary>The sequence number of the newest entry.</summary>
    public long Last
    {
        get
        {
            lock (_gate)
                return _last;
        }
    }

    public void Add(TimelineEntry entry)
    {
        Section? section = null;
        lock (_gate)
        {
            entry = entry with { Sequence = ++_last, Time = time.GetUtcNow() };
            Append(_recent, entry, RecentEntries);
            if (entry.ChatId is not 0)
            {
                section = Of(entry.ChatId);
                Append(section.Entries, entry, options.Value.TimelinePerChat);
            }
        }

        section?.Changed.Raise();
        _changed.Raise();
    }

    /// <summary>The entries of a chat after a sequence number, and a task that ends when there are more.</summary>
    public (IReadOnlyList<TimelineEntry> Entries, long Last, Task NextChange) Read(long chatId, long after)
    {
        lock (_gate)
        {
            var section = Of(chatId);
            return ([.. section.Entries.Where(entry => entry.Sequence > after)], _last, section.Changed.Next);
        }
    }

    /// <summary>The same over all chats. Entries are null when some of them are forgotten already.</summary>
    public (IReadOnlyList<TimelineEntry>? Entries, Task NextChange) ReadRecent(long after)
    {
        lock (_gate)
        {
            var isForgotten = after > _last || (_recent.TryPeek(out var oldest) && oldest.Sequence > after + 1);
            return (isForgotten ? null : [.. _recent.Where(entry => entry.Sequence > after)], _changed.Next);
        }
    }

    private Section Of(long chatId)
    {
        if (!_sections.TryGetValue(chatId, out var section))
            _sections.Add(chatId, section = new());
        return section;
    }

    private static void Append(Queue<TimelineEntry> entries, TimelineEntry entry, int capacity)
    {
        if (entries.Count == capacity)
            entries.Dequeue();
        entries.Enqueue(entry);
    }

    private sealed class Section
    {
        public Queue<TimelineEntry> Entries { get; } = new();

        public ChangeSignal Changed { get; } = new();
    }
}
