using System.Diagnostics.CodeAnalysis;

namespace Clawdex.Gateway.Services;

/// <summary>
/// Models that were looked up a moment ago. Their windows change when the LLM service fetches its catalogue, some time within
/// a day, so that a minute's age does no harm.
/// </summary>
internal sealed class RecentLookups(TimeProvider time)
{
    private const int Capacity = 64;

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private readonly RecentMap<string, (ModelLookup Found, long At)> _lookups = new(Capacity);

    public bool TryGet(string model, [NotNullWhen(true)] out ModelLookup? found)
    {
        found = _lookups.TryGet(model, out var known) && time.GetElapsedTime(known.At) < Lifetime ? known.Found : null;
        return found is not null;
    }

    public void Add(string model, ModelLookup found) => _lookups.Set(model, (found, time.GetTimestamp()));
}
