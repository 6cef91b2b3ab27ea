using Clawdex.SessionService.Storage;

namespace Clawdex.SessionService.History;

/// <summary>
/// One load of a history that is under way: everybody who waits for it, and the changes that were committed since it began.
/// Except for <see cref="Result"/>, used under the cache's lock.
/// </summary>
internal sealed class HistoryLoad(int depth)
{
    // Continuations must not run under the cache's lock.
    private readonly TaskCompletionSource<SessionHistory?> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<SessionChange> _changes = [];

    public int Depth => depth;

    /// <summary>The history; null = no such session.</summary>
    public Task<SessionHistory?> Result => _result.Task;

    public void Collect(SessionChange change) => _changes.Add(change);

    /// <summary>
    /// Brings what was read up to date. The read took place somewhere among the collected changes: those that it has seen
    /// are recognized by their version. False = it must be read again.
    /// </summary>
    public bool TryCatchUp(SessionHistory? read, out SessionHistory? current)
    {
        current = read;
        var changes = _changes.ToArray();
        _changes.Clear();
        foreach (var change in changes)
        {
            if (current is null || change is not SessionChange.Delta delta || delta.Session.Id != current.Session.Id)
                return false;
            if (delta.Session.Version <= current.Session.Version)
                continue;
            current = current.After(delta);
        }

        return current is not null || changes.Length == 0;
    }

    public void Succeed(SessionHistory? history) => _result.SetResult(history);

    public void Fail(Exception exception) => _result.SetException(exception);
}
