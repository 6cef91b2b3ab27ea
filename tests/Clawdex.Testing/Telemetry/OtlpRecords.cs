namespace Clawdex.Testing.Telemetry;

/// <summary>A span as it was exported.</summary>
/// <param name="Service">The value of <c>service.name</c>.</param>
/// <param name="Source">The activity source.</param>
/// <param name="ParentId">Empty = a root.</param>
/// <param name="StatusCode">0 unset, 1 ok, 2 error.</param>
public sealed record OtlpSpan(
    string Service, string Source, string TraceId, string Id, string ParentId, string Name, int Kind, ulong Start, ulong End, int StatusCode)
{
    public required IReadOnlyDictionary<string, string> Attributes { get; init; }

    public required IReadOnlyList<OtlpEvent> Events { get; init; }

    /// <summary>Trace ids of other traces.</summary>
    public required IReadOnlyList<string> Links { get; init; }
}

public sealed record OtlpEvent(string Name, IReadOnlyDictionary<string, string> Attributes);

/// <summary>A metric as it was exported once.</summary>
/// <param name="Meter">The meter's name.</param>
/// <param name="Attributes">Names of the attributes of all its points.</param>
/// <param name="Bounds">Of a histogram's first point.</param>
public sealed record OtlpMetric(
    string Service, string Meter, string Name, string Unit, string Description, IReadOnlySet<string> Attributes, IReadOnlyList<double> Bounds);

/// <summary>A log record as it was exported.</summary>
/// <param name="Category">The logger's category.</param>
public sealed record OtlpLog(
    string Service, string Category, int Severity, string Body, string TraceId, IReadOnlyDictionary<string, string> Attributes);
