namespace Clawdex.SessionService.Turns;

/// <summary>
/// Which gateway answers: one per channel at a time, the others wait in the order of their coming. Kept in memory, because it
/// lasts exactly as long as the holder's call: a gateway that dies frees it by dying (decision 7).
/// </summary>
internal sealed class Presence(TimeProvider time, ILogger<Presence> logger) : IDisposable
{
    /// <summary>After a start, one that waited before leaves the former holder so much time to come back.</summary>
    public static readonly TimeSpan Precedence = TimeSpan.FromSeconds(2);

    /// <summary>Azure's ingress ends a stream that is silent for four minutes.</summary>
    private static readonly TimeSpan Repetition = TimeSpan.FromSeconds(60);

    /// <summary>Two gateways are a mistake already; more only need a bound.</summary>
    private const int MostClaims = 64;

    private readonly Lock _gate = new();
    private readonly List<LeaseClaim> _claims = [];
    private readonly long _startedAt = time.GetTimestamp();
    private readonly TaskCompletionSource _free = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private ITimer? _precedenceEnd;
    private ITimer? _repetition;
    private bool _stopping;

    /// <summary>Queues for the lease until the result is disposed; null = the service stops, or too many wait already.</summary>
    /// <param name="channel">"telegram".</param>
    /// <param name="holderId">The same for the whole life of the gateway's process.</param>
    /// <param name="hasWaited">It waited behind another gateway when its connection broke.</param>
    /// <param name="instance">Where it runs, for logs.</param>
    public LeaseClaim? TryClaim(string channel, string holderId, bool hasWaited, string instance)
    {
        lock (_gate)
        {
            if (_stopping)
                return null;

            // The connection of an earlier call broke, and only this side has not noticed yet: the new one takes its place.
            var earlier = _claims.Find(claim => claim.Channel == channel && claim.HolderId == holderId);
            if (earlier is null && _claims.Count >= MostClaims)
                return null;
            var inherits = earlier is { IsHeld: true };
            if (earlier is not null)
                Remove(earlier);

            var claim = new LeaseClaim(channel, holderId, hasWaited, instance, Release);
            _claims.Add(claim);
            _repetition ??= time.CreateTimer(_ => RepeatAll(), null, Repetition, Repetition);
            if (inherits)
                claim.Grant();
            else
                Grant(channel);
            if (!claim.IsHeld)
                Report(claim);
            return claim;
        }
    }

    /// <summary>Whether a gateway may take in messages and settle turns: not while another one holds a lease.</summary>
    public bool Allows(string holderId)
    {
        lock (_gate)
            return !_claims.Exists(claim => claim.IsHeld) || _claims.Exists(claim => claim.IsHeld && claim.HolderId == holderId);
    }

    /// <summary>Grants nothing any more: whoever got the lease now would lose it with this process.</summary>
    /// <returns>Completes when nobody holds a lease.</returns>
    public Task StopGrantingAsync()
    {
        lock (_gate)
        {
            _stopping = true;
            CompleteWhenFree();
            return _free.Task;
        }
    }

    /// <summary>Ends every call.</summary>
    public void EndAll()
    {
        lock (_gate)
        {
            _stopping = true;
            foreach (var claim in _claims)
                claim.End();
            _claims.Clear();
            CompleteWhenFree();
        }
    }

    public void Dispose()
    {
        _precedenceEnd?.Dispose();
        _repetition?.Dispose();
    }

    private void Release(LeaseClaim claim)
    {
        lock (_gate)
        {
            Remove(claim);
            Grant(claim.Channel);
        }
    }

    private void Remove(LeaseClaim claim)
    {
        _claims.Remove(claim);
        claim.End();
        CompleteWhenFree();
    }

    private void CompleteWhenFree()
    {
        if (_stopping && !_claims.Exists(claim => claim.IsHeld))
            _free.TrySetResult();
    }

    private void Grant(string channel)
    {
        var claims = _claims.Where(claim => claim.Channel == channel).ToList();
        if (_stopping || claims.Count == 0 || claims.Exists(claim => claim.IsHeld))
            return;

        var left = Precedence - time.GetElapsedTime(_startedAt);
        var next = claims.Find(claim => left <= TimeSpan.Zero || !claim.HasWaited);
        if (next is null)
        {
            _precedenceEnd ??= time.CreateTimer(_ => GrantAll(), null, left, Timeout.InfiniteTimeSpan);
            return;
        }

        next.Grant();
        foreach (var other in claims.Where(claim => claim != next))
            Report(other);
    }

    private void GrantAll()
    {
        lock (_gate)
        {
            foreach (var channel in _claims.Select(claim => claim.Channel).Distinct().ToList())
                Grant(channel);
        }
    }

    private void RepeatAll()
    {
        lock (_gate)
        {
            foreach (var claim in _claims)
                claim.Repeat();
        }
    }

    private void Report(LeaseClaim waiting)
    {
        var holder = _claims.Find(claim => claim.IsHeld && claim.Channel == waiting.Channel)?.Instance;
        waiting.Wait(holder ?? "");
        if (holder is not null)
            logger.SecondGateway(waiting.Instance, waiting.Channel, holder);
    }
}
