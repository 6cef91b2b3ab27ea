namespace Clawdex.SessionService.Model;

/// <summary>What names a session: the key, and the channel and chat that it consists of.</summary>
/// <param name="SessionKey"><c>channel:chat</c>, with <c>:topic:7</c> behind it for a forum topic.</param>
internal sealed record SessionIdentity(string SessionKey, string Channel, string ChatId);
