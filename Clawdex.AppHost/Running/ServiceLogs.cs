using System.Text.RegularExpressions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Clawdex.AppHost.Running;

/// <summary>
/// Hands what the projects write to this process's own log, each line at its own level and below <c>Clawdex.&lt;resource&gt;</c>, and
/// says when one of them ends by itself. By default the console shows warnings and worse; the dashboard shows everything.
/// </summary>
internal sealed partial class ServiceLogs(
    DistributedApplicationModel model,
    ResourceLoggerService logs,
    ResourceNotificationService notifications,
    IHostApplicationLifetime lifetime,
    ILoggerFactory loggers) : BackgroundService
{
    /// <summary>The orchestrator may tell of the end before it has handed out the last lines.</summary>
    private static readonly TimeSpan LastLines = TimeSpan.FromMilliseconds(300);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // Whoever stops the AppHost knows that its services end.
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, lifetime.ApplicationStopping);
        try
        {
            await Task.WhenAll(model.Resources.OfType<ProjectResource>().Select(project => ForwardAsync(project, stop.Token)).Append(ReportEndsAsync(stop.Token)));
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    private async Task ForwardAsync(ProjectResource project, CancellationToken cancellationToken)
    {
        var logger = loggers.CreateLogger($"Clawdex.{project.Name}");
        await foreach (var lines in logs.WatchAsync(project).WithCancellation(cancellationToken))
        {
            foreach (var line in lines)
            {
                var (level, text) = Read(line);
                if (text.Length > 0)
                    LogLine(logger, level, text);
            }
        }
    }

    private async Task ReportEndsAsync(CancellationToken cancellationToken)
    {
        HashSet<(string, DateTime?)> told = [];
        await foreach (var change in notifications.WatchAsync(cancellationToken))
        {
            var now = change.Snapshot;
            if (change.Resource is not ProjectResource || now.State?.Text is not { } state || !KnownResourceStates.TerminalStates.Contains(state)
                || now.ExitCode is 0 || !told.Add((change.ResourceId, now.StartTimeStamp)))
                continue;

            await Task.Delay(LastLines, TimeProvider.System, cancellationToken);
            LogEnd(loggers.CreateLogger($"Clawdex.{change.Resource.Name}"), now.ExitCode, await LastLineAsync(change.ResourceId, cancellationToken));
        }
    }

    private async Task<string> LastLineAsync(string resource, CancellationToken cancellationToken)
    {
        var last = "";
        await foreach (var lines in logs.GetAllAsync(resource).WithCancellation(cancellationToken))
            last = lines.Select(Read).LastOrDefault(line => line.Level > LogLevel.Debug && line.Text.Length > 0).Text ?? last;
        return last;
    }

    /// <summary>A line of .NET's simple console format, or whatever else the process wrote.</summary>
    private static (LogLevel Level, string Text) Read(LogLine line)
    {
        var text = Decoration().Replace(line.Content, "").TrimEnd();
        if (Record().Match(text) is { Success: true } record)
            return (LevelOf(record.Groups["level"].Value), record.Groups["text"].Value);
        // What the orchestrator says of itself, and the stack below an error.
        if (text.StartsWith("[sys]", StringComparison.Ordinal) || text.StartsWith(' '))
            return (LogLevel.Debug, text);
        return (line.IsErrorMessage ? LogLevel.Error : LogLevel.Information, text);
    }

    private static LogLevel LevelOf(string name) => name switch
    {
        "crit" => LogLevel.Critical,
        "fail" => LogLevel.Error,
        "warn" => LogLevel.Warning,
        "info" => LogLevel.Information,
        _ => LogLevel.Debug,
    };

    /// <summary>The time that Aspire puts before each line, and colours.</summary>
    [GeneratedRegex(@"^\d{4}-\d\d-\d\dT[\d:.]+Z |\x1B\[[\d;]*m")]
    private static partial Regex Decoration();

    [GeneratedRegex(@"^(?<level>trce|dbug|info|warn|fail|crit): \S+\[\d+\] (?<text>.*)$")]
    private static partial Regex Record();

    [LoggerMessage(EventId = 1, Message = "{Line}")]
    private static partial void LogLine(ILogger logger, LogLevel level, string line);

    [LoggerMessage(2, LogLevel.Error, "Ended by itself with exit code {ExitCode}. Its last line: {Line}")]
    private static partial void LogEnd(ILogger logger, int? exitCode, string line);
}
