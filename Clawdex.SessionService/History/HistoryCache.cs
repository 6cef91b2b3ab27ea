using Clawdex.SessionService.Storage;
using Microsoft.Extensions.Options;

namespace Clawdex.SessionService.History;

/// <summary>
/// Histories of the sessions in use, so that a reply is prepared without reading the disk. Bounded by bytes, the least
/// recently used go first; what nobody used for a while goes too. Changed only by what has been committed.
/// </summary>
/// <remarks>
/// Each session is loaded by one caller at a time; others wait for it. Changes that are committed while a load reads are
/// collected and applied to what it has read, in order of the session's versions, so no change is lost or applied twice.
/// </remarks>
internal sealed class HistoryCache : IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, CachedSession> _sessions = [];

    // Most recently used first; holds exactly the sessions whose history is loaded.
    private readonly LinkedList<CachedSession> _byUse = [];
    private readonly SessionReader _reader;
    private readonly TimeProvider _time;
    private readonly ITimer _idleTimer;
    private readonly TimeSpan _idleTime;
    private readonly long _capacity;
    private readonly CancellationTokenSource _disposed = new();
    private long _bytes;
    private bool _timerRuns;

    public HistoryCache(SessionReader reader, IOptions<SessionsOptions> options, TimeProvider time)
    {
        _reader = reader;
        _time = time;
        _capacity = options.Value.CacheMegabytes * 1024L * 1024;
        _idleTime = TimeSpan.FromMinutes(options.Value.IdleMinutes);
        _idleTimer = time.CreateTimer(_ => EvictIdle(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Sessions held, and an estimate of the memory that they take, in bytes.</summary>
    public (int Sessions, long Bytes) Size
    {
        get
        {
            lock (_gate)
                return (_byUse.Count, _bytes);
        }
    }

    /// <summary>The session's history with at least its newest <paramref name="depth"/> messages; null = no such session.</summary>
    public async ValueTask<SessionHistory?> GetAsync(string sessionKey, int depth, CancellationToken cancellationToken)
    {
        var missed = false;
        while (true)
        {
            CachedSession session;
            HistoryLoad load;
            bool isMine;
            lock (_gate)
            {
                session = FindOrAdd(sessionKey);
                if (session.History is { } history && history.Holds(depth))
                {
                    Touch(session);
                    if (!missed)
                        SessionTelemetry.CacheHit();
                    return history;
                }

                isMine = session.Load is null;
                load = session.Load ??= new HistoryLoad(depth);
            }

            if (!missed)
                SessionTelemetry.CacheMiss();
            missed = true;
            if (isMine)
                await RunAsync(session, load);
            var loaded = await load.Result.WaitAsync(cancellationToken);
            // A load that somebody else began may be too shallow for this caller.
            if (loaded is null || loaded.Holds(depth))
                return loaded;
        }
    }

    /// <summary>What is held for a session, without loading it; does not count as use.</summary>
    public SessionHistory? Peek(string sessionKey)
    {
        lock (_gate)
            return _sessions.GetValueOrDefault(sessionKey)?.History;
    }

    /// <summary>Follows what was committed. Called by the writer alone, in the order of its commits.</summary>
    public void Apply(IReadOnlyList<SessionChange> changes)
    {
        if (changes.Count == 0)
            return;
        lock (_gate)
        {
            foreach (var change in changes)
                Apply(change);
            EvictExcess();
        }
    }

    public void Dispose()
    {
        _idleTimer.Dispose();
        _disposed.Cancel();
        _disposed.Dispose();
    }

    /// <summary>Reads for everybody who waits: the caller who happens to run it cannot cancel it for the others.</summary>
    private async Task RunAsync(CachedSession session, HistoryLoad load)
    {
        try
        {
            while (true)
            {
                var read = await _reader.LoadAsync(session.Key, load.Depth, _disposed.Token);
                lock (_gate)
                {
                    if (!load.TryCatchUp(read, out var history))
                        continue;
                    session.Load = null;
                    Put(session, history);
                    EvictExcess();
                    load.Succeed(history);
                    return;
                }
            }
        }
        catch (Exception exception)
        {
            lock (_gate)
            {
                session.Load = null;
                Put(session, session.History);
            }

            load.Fail(exception);
        }
    }

    private CachedSession FindOrAdd(string sessionKey)
    {
        if (!_sessions.TryGetValue(sessionKey, out var session))
            _sessions.Add(sessionKey, session = new CachedSession(sessionKey));
        return session;
    }

    private void Apply(SessionChange change)
    {
        if (!_sessions.TryGetValue(change.SessionKey, out var session))
            return;
        session.Load?.Collect(change);
        if (session.History is { } history)
            Put(session, change is SessionChange.Delta delta ? history.After(delta) : null);
    }

    /// <summary>Sets what is held for a session; null = nothing any more.</summary>
    private void Put(CachedSession session, SessionHistory? history)
    {
        var bytes = history?.Bytes ?? 0;
        _bytes += bytes - session.Bytes;
        session.Bytes = bytes;
        session.History = history;
        if (history is null)
        {
            if (session.Place.List is not null)
                _byUse.Remove(session.Place);
            if (session.Load is null)
                _sessions.Remove(session.Key);
        }
        else if (session.Place.List is null)
        {
            Touch(session);
        }
    }

    private void Touch(CachedSession session)
    {
        if (session.Place.List is not null)
            _byUse.Remove(session.Place);
        _byUse.AddFirst(session.Place);
        session.LastUse = _time.GetTimestamp();
        if (_timerRuns)
            return;
        _timerRuns = true;
        _idleTimer.Change(_idleTime, Timeout.InfiniteTimeSpan);
    }

    private void EvictExcess()
    {
        while (_bytes > _capacity && _byUse.Last is { } oldest)
            Put(oldest.Value, null);
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

                Put(oldest.Value, null);
            }

            // No timer runs while nothing is held.
            _timerRuns = false;
        }
    }

    private sealed class CachedSession
    {
        public CachedSession(string key)
        {
            Key = key;
            Place = new LinkedListNode<CachedSession>(this);
        }

        public string Key { get; }

        public LinkedListNode<CachedSession> Place { get; }

        public SessionHistory? History { get; set; }

        public HistoryLoad? Load { get; set; }

        public long Bytes { get; set; }

        /// <summary>Timestamp of the <see cref="TimeProvider"/>.</summary>
        public long LastUse { get; set; }
    }
}
