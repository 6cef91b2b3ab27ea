namespace Clawdex.SessionService.Model;

/// <summary>
/// One of several gateways, which renews its life by its calls; times are the database's. On SQLite there are no such rows, because
/// a gateway lives there as long as its call for the lease is open.
/// </summary>
internal sealed record Gateway
{
    /// <summary>Random, and another one after each start, and each death.</summary>
    public required string Id { get; init; }

    /// <summary>Where it runs, for people.</summary>
    public required string Instance { get; init; }

    public required DateTimeOffset JoinedAt { get; init; }

    /// <summary>Since when it has not been late. Who was late a moment ago judges nobody, because the database may have been away.</summary>
    public required DateTimeOffset SteadySince { get; init; }

    /// <summary>Being late is no death; see <see cref="Dead"/>.</summary>
    public required DateTimeOffset LivesUntil { get; init; }

    /// <summary>Declared by another gateway, or by itself when it stopped. Final, because its turns are others' from then on.</summary>
    public required bool Dead { get; init; }
}
