namespace Clawdex.Gateway;

/// <summary>Whether something is away, and for how long.</summary>
internal sealed class Outage(TimeProvider time)
{
    private readonly Lock _gate = new();
    private long? _since;

    /// <summary>Null = it is not away.</summary>
    public TimeSpan? Duration
    {
        get
        {
            lock (_gate)
                return _since is { } since ? time.GetElapsedTime(since) : null;
        }
    }

    /// <summary>False = it was away already.</summary>
    public bool Begin()
    {
        lock (_gate)
        {
            if (_since is not null)
                return false;
            _since = time.GetTimestamp();
            return true;
        }
    }

    /// <summary>False = it was not away.</summary>
    public bool End()
    {
        lock (_gate)
        {
            var wasAway = _since is not null;
            _since = null;
            return wasAway;
        }
    }
}
