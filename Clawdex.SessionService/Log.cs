namespace Clawdex.SessionService;

/// <summary>Everything that this service logs. No message text, ever.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "Opened {Path} ({Kilobytes} KB, {Migrations} migrations applied now)")]
    public static partial void DatabaseOpened(this ILogger logger, string path, long kilobytes, int migrations);

    [LoggerMessage(2, LogLevel.Critical, "SessionService does not start: {Reason}")]
    public static partial void DatabaseRefused(this ILogger logger, string reason);

    [LoggerMessage(3, LogLevel.Warning, "A commit failed with {Exception} ({Code}); its {Operations} operations were refused")]
    public static partial void CommitFailed(this ILogger logger, string exception, string code, int operations);

    [LoggerMessage(4, LogLevel.Error, "A rollback failed ({Code})")]
    public static partial void RollbackFailed(this ILogger logger, string code);

    [LoggerMessage(5, LogLevel.Warning, "The database's upkeep failed with {Exception} ({Code}); it is tried again later")]
    public static partial void UpkeepFailed(this ILogger logger, string exception, string code);

    [LoggerMessage(6, LogLevel.Error, "{Method} failed")]
    public static partial void CallFailed(this ILogger logger, string method, Exception exception);

    [LoggerMessage(7, LogLevel.Warning, "The gateway at {Waiting} waits for {Channel}: the one at {Holder} answers already. Run only one gateway per bot")]
    public static partial void SecondGateway(this ILogger logger, string waiting, string channel, string holder);

    [LoggerMessage(8, LogLevel.Information, "The PostgreSQL server does not answer yet: {Reason}")]
    public static partial void DatabaseAwaited(this ILogger logger, string reason);

    [LoggerMessage(9, LogLevel.Debug, "Another process changed the same rows; the operation is repeated ({Code})")]
    public static partial void WriteRepeated(this ILogger logger, string code);

    [LoggerMessage(10, LogLevel.Warning, "{Count} gateways no longer live: what they have open is taken up by others")]
    public static partial void GatewaysDeclaredDead(this ILogger logger, int count);

    [LoggerMessage(11, LogLevel.Information, "{Path} is upgraded by {Migrations} migrations; that waits for whoever reads it at length, such as a backup")]
    public static partial void DatabaseUpgraded(this ILogger logger, string path, int migrations);
}
