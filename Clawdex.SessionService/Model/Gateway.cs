namespace Clawdex.SessionService.Model;

/// <summary>A gateway of several, as long as it says that it lives; times are the database's. With SQLite there is none: there, a gateway lives as long as its call is open.</summary>
internal sealed record Gateway
{
    /// <summary>Random, and another one after each start, and each death.</summary>
    public required string Id { get; init; }

    /// <summary>Where it runs, for people.</summary>
    public required string Instance { get; init; }

    public required DateTimeOffset JoinedAt { get; init; }

    /// <summary>Since when it has not been late: who was may be what others wait for, and judges nobody.</summary>
    public required DateTimeOffset SteadySince { get; init; }

    /// <summary>Being late is no death; see <see cref="Dead"/>.</summary>
    public required DateTimeOffset LivesUntil { get; init; }

    /// <summary>Declared by another one, or by itself when it stopped: for ever, because its turns are others' now.</summary>
    public required bool Dead { get; init; }
}
