namespace Clawdex.TelegramEmulator.Updates;

/// <summary>An update that waits to be confirmed.</summary>
/// <param name="ChatId">Updates of one chat are delivered to a webhook one at a time; 0 where none is named.</param>
/// <param name="Json">The whole update object, its id included.</param>
internal sealed record PendingUpdate(int Id, long ChatId, byte[] Json, DateTimeOffset Expires);
