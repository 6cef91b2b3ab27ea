namespace Clawdex.SessionService.Storage;

/// <summary>Whether the last commit got through, and when: real writes are the best probe of whether writing works.</summary>
internal sealed class WriteRecord(TimeProvider time)
{
    private readonly Lock _gate = new();
    private long? _succeededAt;

    public void Succeeded()
    {
        lock (_gate)
            _succeededAt = time.GetTimestamp();
    }

    public void Failed()
    {
        lock (_gate)
            _succeededAt = null;
    }

    /// <summary>The last commit succeeded, and that is no longer ago than <paramref name="age"/>.</summary>
    public bool IsFresh(TimeSpan age)
    {
        lock (_gate)
            return _succeededAt is { } at && time.GetElapsedTime(at) < age;
    }
}
