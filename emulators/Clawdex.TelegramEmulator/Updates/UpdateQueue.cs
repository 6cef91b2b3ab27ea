using System.Text;
using System.Text.Json.Nodes;
using Clawdex.TelegramEmulator.Chats;
using Clawdex.TelegramEmulator.Storage;

namespace Clawdex.TelegramEmulator.Updates;

/// <summary>
/// The bot's updates until they are confirmed, for 24 hours at most, and which kinds the bot asked for. Both ways of delivery
/// read from here.
/// </summary>
internal sealed class UpdateQueue(StateLog log, TimeProvider time)
{
    private const int RememberedForRedelivery = 1_000;

    /// <summary>How far above the next id an offset may be before the server takes it for nonsense.</summary>
    private const int OffsetSlack = 10;

    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    /// <summary>Not delivered unless the bot names them.</summary>
    private static readonly HashSet<string> OptIn = ["chat_member", "message_reaction", "message_reaction_count"];

    private readonly Lock _gate = new();
    private readonly List<PendingUpdate> _pending = [];
    private readonly List<PendingUpdate> _again = [];
    private readonly Queue<PendingUpdate> _confirmed = new();
    private readonly ChangeSignal _changed = new();
    private IReadOnlyList<string> _allowed = [];
    private int _nextId = 100_001;

    /// <summary>Ends when an update arrives; take it before looking.</summary>
    public Task NextChange => _changed.Next;

    /// <summary>The kinds that the bot asked for; empty = all but the opt-in ones.</summary>
    public IReadOnlyList<string> Allowed
    {
        get
        {
            lock (_gate)
                return _allowed;
        }
        set
        {
            lock (_gate)
            {
                if (_allowed.SequenceEqual(value))
                    return;
                _allowed = value;
                log.Append(new() { AllowedUpdates = value });
            }
        }
    }

    public int Count
    {
        get
        {
            lock (_gate)
            {
                Expire();
                return _pending.Count;
            }
        }
    }

    /// <summary>The id of the next update; may be set lower or higher, as the real server does after an idle week.</summary>
    public int NextId
    {
        get
        {
            lock (_gate)
                return _nextId;
        }
        set
        {
            lock (_gate)
            {
                _nextId = value;
                log.Append(new() { NextUpdateId = value });
            }
        }
    }

    /// <summary>Adds an update unless the bot did not ask for its kind.</summary>
    /// <param name="kind">The name of its only field besides the id.</param>
    /// <returns>Its id; null when it was dropped.</returns>
    public int? Add(string kind, long chatId, JsonNode content)
    {
        lock (_gate)
        {
            if (_allowed.Count is 0 ? OptIn.Contains(kind) : !_allowed.Contains(kind))
                return null;
            return Add(chatId, new JsonObject { [kind] = content });
        }
    }

    /// <summary>Adds an update of any content, well-formed or not; only its id is set.</summary>
    public int AddRaw(JsonObject content)
    {
        lock (_gate)
            return Add(0, content);
    }

    /// <summary>Updates as <c>getUpdates</c> answers them. Forgets those below the offset.</summary>
    public IReadOnlyList<PendingUpdate> Take(int offset, int limit)
    {
        lock (_gate)
        {
            Expire();
            if (offset < 0)
                Forget(Math.Max(0, _pending.Count + offset));
            else if (offset > 0 && offset <= _nextId + OffsetSlack)
                Forget(_pending.TakeWhile(update => update.Id < offset).Count());

            IReadOnlyList<PendingUpdate> result = [.. _again.Take(limit), .. _pending.Take(limit - Math.Min(limit, _again.Count))];
            _again.RemoveRange(0, Math.Min(limit, _again.Count));
            return result;
        }
    }

    /// <summary>All that is pending, oldest first.</summary>
    public IReadOnlyList<PendingUpdate> Snapshot()
    {
        lock (_gate)
        {
            Expire();
            return [.. _pending];
        }
    }

    /// <summary>A webhook took it.</summary>
    public void Confirm(PendingUpdate update)
    {
        lock (_gate)
        {
            if (!_pending.Remove(update))
                return;
            Remember(update);
            log.Append(new() { Confirmed = [update.Id] });
        }
    }

    /// <summary>Delivers a confirmed update once more, as after a lost confirmation.</summary>
    /// <returns>False when the id is unknown.</returns>
    public bool Redeliver(int updateId)
    {
        lock (_gate)
        {
            if ((_confirmed.LastOrDefault(update => update.Id == updateId) ?? _pending.Find(update => update.Id == updateId)) is not { } again)
                return false;
            _again.Add(again);
        }

        _changed.Raise();
        return true;
    }

    public void Clear()
    {
        lock (_gate)
            Forget(_pending.Count);
    }

    /// <summary>Takes over a line of the log.</summary>
    public void Restore(StateLine line)
    {
        lock (_gate)
        {
            _nextId = line.NextUpdateId ?? _nextId;
            _allowed = line.AllowedUpdates ?? _allowed;
            if (line.Confirmed is { } confirmed)
                _pending.RemoveAll(update => confirmed.Contains(update.Id));
            if (line.Update is not { } pending)
                return;
            _pending.Add(pending);
            _nextId = pending.Id + 1;
        }
    }

    private int Add(long chatId, JsonObject content)
    {
        var id = _nextId++;
        content["update_id"] = id;
        var update = new PendingUpdate(id, chatId, Encoding.UTF8.GetBytes(content.ToJsonString()), time.GetUtcNow() + Lifetime);
        log.Append(new() { Update = update });
        _pending.Add(update);
        _changed.Raise();
        return id;
    }

    private void Expire()
    {
        var now = time.GetUtcNow();
        _pending.RemoveAll(update => update.Expires <= now);
    }

    private void Forget(int count)
    {
        if (count is 0)
            return;
        log.Append(new() { Confirmed = [.. _pending.Take(count).Select(update => update.Id)] });
        foreach (var update in _pending.Take(count))
            Remember(update);
        _pending.RemoveRange(0, count);
    }

    private void Remember(PendingUpdate update)
    {
        if (_confirmed.Count == RememberedForRedelivery)
            _confirmed.Dequeue();
        _confirmed.Enqueue(update);
    }
}
