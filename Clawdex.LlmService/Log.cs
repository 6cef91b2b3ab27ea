namespace Clawdex.LlmService;

/// <summary>Every log message of this service. None holds a user's text, a provider's raw answer or a key.</summary>
internal static partial class Log
{
    [LoggerMessage(1, LogLevel.Information, "{Model} failed ({Kind}), attempt {Attempt} starts in {Delay}")]
    public static partial void RetryScheduled(this ILogger logger, string model, Enum kind, int attempt, TimeSpan delay);

    [LoggerMessage(2, LogLevel.Warning, "{Model} gave no answer: {Kind}")]
    public static partial void NoAnswer(this ILogger logger, string model, Enum kind);

    [LoggerMessage(3, LogLevel.Warning, "The answer of {Model} was interrupted: {Kind}")]
    public static partial void AnswerInterrupted(this ILogger logger, string model, Enum kind);

    [LoggerMessage(4, LogLevel.Information, "The model list of {Provider} could not be fetched: {Reason}")]
    public static partial void CatalogueNotRefreshed(this ILogger logger, string provider, string reason);

    [LoggerMessage(5, LogLevel.Warning, "The model catalogue in {Path} cannot be used: {Reason}")]
    public static partial void CatalogueFileUnusable(this ILogger logger, string path, string reason);

    [LoggerMessage(6, LogLevel.Information, "{Model} refuses {Parts} and is asked again without")]
    public static partial void PartRefused(this ILogger logger, string model, Enum parts);
}
