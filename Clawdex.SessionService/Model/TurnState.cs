namespace Clawdex.SessionService.Model;

/// <summary>Where a turn is on its way from a user's message to a visible reply. The last four are settled: nothing follows.</summary>
internal enum TurnState
{
    /// <summary>The user's message is stored; nothing of the reply is visible.</summary>
    Accepted,

    /// <summary>Some of the reply is visible in the chat.</summary>
    Streaming,

    /// <summary>The answer is stored, but perhaps not yet visible in full.</summary>
    Answered,

    /// <summary>The whole answer is visible.</summary>
    Delivered,

    /// <summary>The user stopped the reply.</summary>
    Cancelled,

    /// <summary>There is no answer, and the user knows why.</summary>
    Failed,

    /// <summary>The reply broke off, and the user knows it.</summary>
    Interrupted,
}
