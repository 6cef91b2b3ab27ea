using Clawdex.SessionService.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace Clawdex.SessionService.History;

/// <summary>
/// Histories of the sessions in use, so that a reply is prepared without reading the disk. Bounded by bytes, the least
/// recently used go first; what nobody used for a while goes too. A commit that added a message adds it here as well; what it
/// changed in any other way goes at once.
/// </summary>
/// <remarks>
/// Who asks for what is being loaded waits for that load. A load that a commit overtakes is answered to those who asked before
/// the commit, and is not kept: who was told of the commit begins a new one.
/// </remarks>
internal sealed class HistoryCache : IDisposable
{
    private static readonly Func<SessionDbContext, string, CancellationToken, Task<SessionVersion?>> VersionOf = EF.CompileAsyncQuery(
        (SessionDbContext db, string sessionKey, CancellationToken _) => db.Sessions
            .Where(session => session.SessionKey == sessionKey)
            .Select(session => new SessionVersion(session.Id, session.Version))
            .SingleOrDefault());

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Entry> _entries = [];

    // Most recently used first; holds exactly the entries that are loaded.
    private readonly LinkedList<Entry> _byUse = [];
    private readonly SessionReader _reader;
    private readonly ISessionWriter _writer;
    private readonly TimeProvider _time;
    private readonly ITimer _idleTimer;
    private readonly TimeSpan _idleTime;
    private readonly long _capacity;
    private readonly CancellationTokenSource _disposed = new();
    private long _bytes;
    private bool _timerRuns;

    public HistoryCache(SessionReader reader, ISessionWriter writer, IOptions<SessionsOptions> options, TimeProvider time)
    {
        _reader = reader;
        _writer = writer;
        _time = time;
        _capacity = options.Value.CacheMegabytes * 1024L * 1024;
        _idleTime = TimeSpan.FromMinutes(options.Value.IdleMinutes);
        _idleTimer = time.CreateTimer(_ => EvictIdle(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        writer.Committed += Follow;
    }

    /// <summary>What is held, the most recently used first.</summary>
    public IReadOnlyList<SessionHistory> Held
    {
        get
        {
            lock (_gate)
                return [.. _byUse.Select(entry => entry.History).OfType<SessionHistory>()];
        }
    }

    /// <summary>The session's history with at least its newest <paramref name="depth"/> messages; null = no such session.</summary>
    public async ValueTask<SessionHistory?> GetAsync(string sessionKey, int depth, CancellationToken cancellationToken)
    {
        while (true)
        {
            var (load, isNew) = Find(sessionKey, depth);
            var history = await load.WaitAsync(cancellationToken);
            // What began before this call may have missed what another process wrote meanwhile.
            if (isNew || !_reader.IsShared || await IsCurrentAsync(sessionKey, history, cancellationToken))
                return history;
            Drop(sessionKey, history);
        }
    }

    public void Dispose()
    {
        _writer.Committed -= Follow;
        _idleTimer.Dispose();
        _disposed.Cancel();
        _disposed.Dispose();
    }

    /// <summary>The load that answers this call, and whether it began with it.</summary>
    private (Task<SessionHistory?> Load, bool IsNew) Find(string sessionKey, int depth)
    {
        lock (_gate)
        {
            var isNew = false;
            if (!_entries.TryGetValue(sessionKey, out var entry) || !entry.Holds(depth))
            {
                Remove(entry);
                entry = _entries[sessionKey] = new Entry(sessionKey, depth);
                // On another thread: SQLite works where it is called, and this one holds the lock.
                entry.Load = Task.Run(() => LoadAsync(entry), CancellationToken.None);
                isNew = true;
            }

            SessionTelemetry.CacheRead(isHit: entry.History is not null);
            if (entry.History is not null)
                Touch(entry);
            return (entry.Load, isNew);
        }
    }

    private async Task<bool> IsCurrentAsync(string sessionKey, SessionHistory? history, CancellationToken cancellationToken)
    {
        var now = await _reader.QueryAsync(db => VersionOf(db, sessionKey, cancellationToken));
        return (now?.Id, now?.Version) == (history?.Session.Id, history?.Session.Version);
    }

    private void Drop(string sessionKey, SessionHistory? history)
    {
        lock (_gate)
        {
            // That there is no such session is not held.
            if (history is not null && _entries.TryGetValue(sessionKey, out var entry) && ReferenceEquals(entry.History, history))
                Remove(entry);
        }
    }

    /// <summary>Reads for everybody who waits: none of them can cancel it for the others.</summary>
    private async Task<SessionHistory?> LoadAsync(Entry entry)
    {
        SessionHistory? history = null;
        try
        {
            return history = await _reader.ReadAsync(db => SessionHistory.LoadAsync(db, entry.Key, entry.Depth, _disposed.Token), _disposed.Token);
        }
        finally
        {
            lock (_gate)
                Keep(entry, history);
        }
    }

    private void Keep(Entry entry, SessionHistory? history)
    {
        if (_entries.GetValueOrDefault(entry.Key) != entry)
            return;
        if (history is null)
        {
            Remove(entry);
            return;
        }

        Touch(entry);
        Put(entry, history);
    }

    /// <summary>Called by the writer behind a commit, before those who wait for it are answered.</summary>
    private void Follow(IReadOnlyList<HistoryChange> changes)
    {
        lock (_gate)
        {
            foreach (var change in changes)
            {
                if (!_entries.TryGetValue(change.SessionKey, out var entry))
                    continue;
                if (entry.History?.Following(change) is { } next)
                    Put(entry, next);
                else
                    Remove(entry);
            }
        }
    }

    private void Put(Entry entry, SessionHistory history)
    {
        _bytes += history.Bytes - (entry.History?.Bytes ?? 0);
        (entry.History, entry.Load) = (history, Task.FromResult<SessionHistory?>(history));
        while (_bytes > _capacity && _byUse.Last is { } oldest)
            Remove(oldest.Value);
    }

    private void Remove(Entry? entry)
    {
        if (entry is null)
            return;
        _entries.Remove(entry.Key);
        _bytes -= entry.History?.Bytes ?? 0;
        if (entry.Place.List is not null)
            _byUse.Remove(entry.Place);
    }

    private void Touch(Entry entry)
    {
        if (entry.Place.List is not null)
            _byUse.Remove(entry.Place);
        _byUse.AddFirst(entry.Place);
        entry.LastUse = _time.GetTimestamp();
        if (_timerRuns)
            return;
        _timerRuns = true;
        _idleTimer.Change(_idleTime, Timeout.InfiniteTimeSpan);
    }

    private void EvictIdle()
    {
        lock (_gate)
        {
            while (_byUse.Last is { } oldest)
            {
                var left = _idleTime - _time.GetElapsedTime(oldest.Value.LastUse);
                if (left > TimeSpan.Zero)
                {
                    _idleTimer.Change(left, Timeout.InfiniteTimeSpan);
                    return;
                }

                Remove(oldest.Value);
            }

            // No timer runs while nothing is held.
            _timerRuns = false;
        }
    }

    private sealed record SessionVersion(long Id, long Version);

    private sealed class Entry(string key, int depth)
    {
        public string Key => key;

        public int Depth => depth;

        public LinkedListNode<Entry> Place => field ??= new(this);

        public Task<SessionHistory?> Load { get; set; } = Task.FromResult<SessionHistory?>(null);

        /// <summary>Null while it is being loaded.</summary>
        public SessionHistory? History { get; set; }

        /// <summary>Timestamp of the <see cref="TimeProvider"/>.</summary>
        public long LastUse { get; set; }

        /// <summary>The newest <paramref name="wanted"/> messages, or all that there are, can be read here.</summary>
        public bool Holds(int wanted) => depth >= wanted || History is { IsComplete: true };
    }
}
