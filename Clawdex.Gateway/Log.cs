using Grpc.Core;

namespace Clawdex.Gateway;

/// <summary>Everything that the gateway logs. Quiet while nothing happens; never text of a user or a model, never a token.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Warning, "The session service does not answer ({Status}); calls to it are repeated until it does")]
    public static partial void SessionServiceIsAway(this ILogger logger, StatusCode status);

    [LoggerMessage(2, LogLevel.Information, "The session service answers again")]
    public static partial void SessionServiceIsBack(this ILogger logger);
}
