using System.Globalization;
using System.Text.Json.Nodes;

namespace Clawdex.AppHost.Tests.Telemetry;

/// <summary>A span as the dashboard's API tells it, in OTLP's JSON form.</summary>
internal sealed record TraceSpan(string Service, string TraceId, string Id, string ParentId, string Name, double Start, double End, bool IsError)
{
    public required IReadOnlyDictionary<string, string> Attributes { get; init; }

    public required IReadOnlyList<string> Events { get; init; }

    /// <summary>In milliseconds.</summary>
    public double Duration => End - Start;

    /// <summary>Reads every span of an answer of <c>/api/telemetry/traces</c> or <c>/spans</c>.</summary>
    public static IReadOnlyList<TraceSpan> Read(JsonNode answer) =>
    [
        .. from resource in Items(answer["data"]?["resourceSpans"])
           let service = AttributesOf(resource["resource"]?["attributes"]).GetValueOrDefault("service.name") ?? ""
           from scope in Items(resource["scopeSpans"])
           from span in Items(scope["spans"])
           select new TraceSpan(
               service, Text(span["traceId"]), Text(span["spanId"]), Text(span["parentSpanId"]), Text(span["name"]),
               Milliseconds(span["startTimeUnixNano"]), Milliseconds(span["endTimeUnixNano"]), span["status"]?["code"]?.ToString() == "2")
           {
               Attributes = AttributesOf(span["attributes"]),
               Events = [.. Items(span["events"]).Select(happened => Text(happened["name"]))],
           },
    ];

    public static Dictionary<string, string> AttributesOf(JsonNode? list)
    {
        var attributes = new Dictionary<string, string>();
        foreach (var pair in Items(list))
            attributes[Text(pair["key"])] = (pair["value"] as JsonObject)?.FirstOrDefault().Value?.ToString() ?? "";
        return attributes;
    }

    public static IEnumerable<JsonNode> Items(JsonNode? list) => (list as JsonArray ?? []).OfType<JsonNode>();

    private static string Text(JsonNode? node) => node?.ToString() ?? "";

    private static double Milliseconds(JsonNode? nanoseconds) => double.Parse(Text(nanoseconds), CultureInfo.InvariantCulture) / 1e6;
}
