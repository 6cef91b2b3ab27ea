namespace Clawdex.TelegramEmulator;

/// <summary>Everything that the emulator logs. No text of a message and no token is among it.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Debug, "Update {UpdateId} was not taken by the webhook: {Reason}")]
    public static partial void WebhookFailed(this ILogger logger, int updateId, string reason);
}
