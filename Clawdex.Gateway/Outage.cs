namespace Clawdex.Gateway;

/// <summary>Whether something is away, and for how long.</summary>
/// <param name="forgottenAfter">When it counts as away no more because nobody tried again; null = somebody always does.</param>
internal sealed class Outage(TimeProvider time, TimeSpan? forgottenAfter = null)
{
    /// <summary>For what only people's messages try: whatever still waits is tried again every 30 s at the latest, and each try ends after some 20 s.</summary>
    public static readonly TimeSpan NobodyTriesAfter = TimeSpan.FromMinutes(1);

    private readonly Lock _gate = new();
    private long? _since;
    private long _triedAt;

    /// <summary>Null = it is not away, as far as anybody knows.</summary>
    public TimeSpan? Duration
    {
        get
        {
            lock (_gate)
                return _since is { } since && !IsForgotten ? time.GetElapsedTime(since) : null;
        }
    }

    private bool IsForgotten => time.GetElapsedTime(_triedAt) >= forgottenAfter;

    /// <summary>False = it was away already.</summary>
    public bool Begin()
    {
        lock (_gate)
        {
            var wasAway = _since is not null && !IsForgotten;
            _triedAt = time.GetTimestamp();
            if (!wasAway)
                _since = _triedAt;
            return !wasAway;
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
