namespace Clawdex.Testing.Telemetry;

/// <summary>Reads OTLP's three export requests (opentelemetry-proto v1). The numbers are the fields of its messages.</summary>
internal static class OtlpReader
{
    public static IEnumerable<OtlpSpan> Spans(byte[] request) =>
        from resource in new ProtoFields(request).Messages(1)
        from scope in resource.Messages(2)
        from span in scope.Messages(2)
        select new OtlpSpan(
            ServiceOf(resource), scope.Message(1).Text(1), span.Hex(1), span.Hex(2), span.Hex(4), span.Text(5), (int)span.Number(6),
            span.Number(7), span.Number(8), (int)span.Message(15).Number(3))
        {
            Attributes = span.Attributes(9),
            Events = [.. span.Messages(11).Select(happened => new OtlpEvent(happened.Text(2), happened.Attributes(3)))],
            Links = [.. span.Messages(13).Select(link => link.Hex(1))],
        };

    public static IEnumerable<OtlpMetric> Metrics(byte[] request) =>
        from resource in new ProtoFields(request).Messages(1)
        from scope in resource.Messages(2)
        from metric in scope.Messages(2)
        let numbers = metric.Messages(5).Concat(metric.Messages(7)).SelectMany(data => data.Messages(1)).Select(point => point.Attributes(7))
        let histograms = metric.Messages(9).SelectMany(data => data.Messages(1)).ToList()
        select new OtlpMetric(
            ServiceOf(resource), scope.Message(1).Text(1), metric.Text(1), metric.Text(3), metric.Text(2),
            numbers.Concat(histograms.Select(point => point.Attributes(9))).SelectMany(attributes => attributes.Keys).ToHashSet(),
            histograms.Count == 0 ? [] : histograms[0].Doubles(7));

    public static IEnumerable<OtlpLog> Logs(byte[] request) =>
        from resource in new ProtoFields(request).Messages(1)
        from scope in resource.Messages(2)
        from log in scope.Messages(2)
        select new OtlpLog(
            ServiceOf(resource), scope.Message(1).Text(1), (int)log.Number(2), ProtoFields.ValueOf(log.Message(5)), log.Hex(9), log.Attributes(6));

    private static string ServiceOf(ProtoFields resource) =>
        resource.Message(1).Attributes(1).GetValueOrDefault("service.name") ?? "";
}
