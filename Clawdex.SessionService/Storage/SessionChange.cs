using Clawdex.SessionService.Model;

namespace Clawdex.SessionService.Storage;

/// <summary>What a committed operation changed in one session: how a cached history follows the database.</summary>
internal abstract record SessionChange(string SessionKey)
{
    /// <summary>The session's row as it is now, with what was added to its history.</summary>
    /// <param name="Session">Its version follows the cached one, or the cached history is out of step.</param>
    /// <param name="Appended">A new message; null = none.</param>
    /// <param name="OpenTurns">+1 for a turn that opened, -1 for one that settled.</param>
    /// <param name="TraceParent">Of the turn that opened; null = none.</param>
    /// <param name="Model">Of the answer that was added; null = unknown, or none was.</param>
    public sealed record Delta(Session Session, Message? Appended = null, int OpenTurns = 0, string? TraceParent = null, string? Model = null)
        : SessionChange(Session.SessionKey);

    /// <summary>The session changed in a way that is rare and simpler to load again: reset, compacted, moved.</summary>
    public sealed record Replaced(string SessionKey) : SessionChange(SessionKey);
}
