namespace Aspire.Hosting.ApplicationModel;

/// <summary>What becomes of a wait for a resource that fails.</summary>
public enum WaitBehavior
{
    /// <summary>It goes on: somebody may start the resource again.</summary>
    WaitOnResourceUnavailable,

    /// <summary>It throws.</summary>
    StopOnResourceUnavailable,
}
