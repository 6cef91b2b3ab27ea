using System.Text.RegularExpressions;

namespace Clawdex.AppHost.Tests.Telemetry;

/// <summary>The tables of docs/telemetry.md.</summary>
internal static partial class TelemetryDocument
{
    private static readonly string Repository = Path.GetFullPath(Path.Combine(Projects.Clawdex_AppHost.ProjectPath, ".."));

    /// <summary>Columns: span, in, attributes, events, meaning.</summary>
    public static IReadOnlyList<DocumentedSpan> Spans =>
        [.. Rows("Spans").SelectMany(row => Names(row[0]).Select(name => new DocumentedSpan(name, row[1], Names(row[2]), Names(row[3]))))];

    /// <summary>Columns: metric, unit, kind, attributes, meaning.</summary>
    public static IReadOnlyList<DocumentedMetric> Metrics =>
        [.. Rows("Metrics").Select(row => new DocumentedMetric(Names(row[0]).Single(), Names(row[1]).Single(), Names(row[3])))];

    /// <summary>Service, number and level of every log event. Columns: number, level, message.</summary>
    public static IEnumerable<string> Logs =>
        from service in Services
        from row in Rows($"Logs of {service}")
        select $"{service} {row[0]} {row[1]} {row[2]}";

    /// <summary>The same from the sources.</summary>
    public static IEnumerable<string> LogsInSources =>
        from service in Services
        from Match log in LoggerMessage().Matches(File.ReadAllText(Path.Combine(Repository, $"Clawdex.{service}", "Log.cs")))
        select $"{service} {log.Groups["id"]} {log.Groups["level"]} {log.Groups["text"].Value.Replace("|", "\\|", StringComparison.Ordinal)}";

    private static readonly string[] Services = ["Gateway", "SessionService", "LlmService"];

    private static IEnumerable<string[]> Rows(string heading)
    {
        var lines = File.ReadAllLines(Path.Combine(Repository, "docs", "telemetry.md"));
        return lines.SkipWhile(line => line.TrimStart('#', ' ') != heading).Skip(1)
            .TakeWhile(line => !line.StartsWith('#'))
            .Where(line => line.StartsWith('|')).Skip(2)
            .Select(line => Cell().Split(line.Trim().Trim('|')).Select(cell => cell.Trim()).ToArray());
    }

    private static HashSet<string> Names(string cell) => [.. Quoted().Matches(cell).Select(match => match.Groups[1].Value)];

    [GeneratedRegex("`([^`]+)`")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"(?<!\\)\|")]
    private static partial Regex Cell();

    [GeneratedRegex("""\[LoggerMessage\((?<id>\d+), LogLevel\.(?<level>\w+), "(?<text>(?:[^"\\]|\\.)*)"\)\]""")]
    private static partial Regex LoggerMessage();
}

/// <param name="Name">May end with a <c>*</c>.</param>
internal sealed record DocumentedSpan(string Name, string Service, IReadOnlySet<string> Attributes, IReadOnlySet<string> Events)
{
    public bool Matches(string name) => Name.EndsWith('*') ? name.StartsWith(Name[..^1], StringComparison.Ordinal) : name == Name;
}

internal sealed record DocumentedMetric(string Name, string Unit, IReadOnlySet<string> Attributes);
