using Clawdex.TelegramEmulator.Control;

namespace Clawdex.TelegramEmulator.Updates;

/// <summary>When the latest updates were handed to a poll, for those who measure what the bot does with them.</summary>
internal sealed class DeliveryLog(TimeProvider time)
{
    private const int Capacity = 1_000;

    private readonly Lock _gate = new();
    private readonly Queue<Delivery> _latest = new();

    /// <summary>Oldest first.</summary>
    public IReadOnlyList<Delivery> Latest
    {
        get
        {
            lock (_gate)
                return [.. _latest];
        }
    }

    public void Add(IReadOnlyList<PendingUpdate> updates)
    {
        var now = Micros.Of(time.GetUtcNow());
        lock (_gate)
        {
            foreach (var update in updates)
            {
                if (_latest.Count == Capacity)
                    _latest.Dequeue();
                _latest.Enqueue(new(update.Id, update.ChatId, now));
            }
        }
    }
}
