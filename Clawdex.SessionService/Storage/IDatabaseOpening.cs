namespace Clawdex.SessionService.Storage;

/// <summary>Everything that must be true of the store before the service answers.</summary>
internal interface IDatabaseOpening
{
    /// <summary>Opens, creates or upgrades the database. False = it is refused, and the log says why.</summary>
    Task<bool> RunAsync(CancellationToken cancellationToken);
}
