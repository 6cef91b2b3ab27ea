namespace Clawdex.SessionService;

/// <summary>Everything that this service logs. No message text, ever.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Opened {Path} ({Kilobytes} KB, {Migrations} migrations applied now)")]
    public static partial void DatabaseOpened(this ILogger logger, string path, long kilobytes, int migrations);

    [LoggerMessage(2, LogLevel.Critical, "SessionService does not start: {Reason}")]
    public static partial void DatabaseRefused(this ILogger logger, string reason);

    [LoggerMessage(3, LogLevel.Warning, "A commit failed with {Exception} (SQLite {SqliteCode}); its {Operations} operations were refused")]
    public static partial void CommitFailed(this ILogger logger, string exception, int sqliteCode, int operations);

    [LoggerMessage(4, LogLevel.Error, "A rollback failed (SQLite {SqliteCode})")]
    public static partial void RollbackFailed(this ILogger logger, int sqliteCode);

    [LoggerMessage(5, LogLevel.Warning, "The database's upkeep failed with {Exception} (SQLite {SqliteCode}); it is tried again later")]
    public static partial void UpkeepFailed(this ILogger logger, string exception, int sqliteCode);

    [LoggerMessage(6, LogLevel.Error, "{Method} failed")]
    public static partial void CallFailed(this ILogger logger, string method, Exception exception);

    [LoggerMessage(7, LogLevel.Warning, "The gateway at {Waiting} waits for {Channel}: the one at {Holder} answers already. Run only one gateway per bot")]
    public static partial void SecondGateway(this ILogger logger, string waiting, string channel, string holder);
}
