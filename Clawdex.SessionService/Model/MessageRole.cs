namespace Clawdex.SessionService.Model;

/// <summary>Who speaks in a message.</summary>
internal enum MessageRole
{
    User,
    Assistant,

    /// <summary>Nobody: the summary that stands for compacted messages.</summary>
    System,
}
