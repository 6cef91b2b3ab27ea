using Clawdex.Testing.Telemetry;

namespace Clawdex.AppHost.Tests.Telemetry;

/// <summary>docs/telemetry.md and what the services really emit are the same list, in both directions.</summary>
[Collection(nameof(EventfulDay))]
public sealed class TelemetryDocumentTests(EventfulDay day)
{
    // In the .NET platform's own spans only the names are ours.
    private IEnumerable<OtlpSpan> OwnSpans => day.Collector.Spans.Where(span => span.Source == "Grpc.Net.Client" || span.Source.StartsWith("Clawdex.", StringComparison.Ordinal));

    private IEnumerable<IGrouping<string, OtlpMetric>> OwnMetrics =>
        day.Collector.Metrics.Where(metric => metric.Meter.StartsWith("Clawdex.", StringComparison.Ordinal)).GroupBy(metric => metric.Name);

    [Fact]
    public void Every_span_is_in_the_document_with_its_attributes_and_events()
    {
        Assert.All(OwnSpans, span =>
        {
            var documented = TelemetryDocument.Spans.FirstOrDefault(row => row.Matches(span.Name));
            Assert.True(documented is not null, $"{span.Name} is not documented");
            Assert.Equal(documented.Service, span.Service);
            Assert.Empty(span.Attributes.Keys.Except(documented.Attributes).Except(["error.type"]));
            Assert.Equal(span.StatusCode == 2, span.Attributes.ContainsKey("error.type"));
            Assert.Empty(span.Events.Select(happened => happened.Name).Except(documented.Events));
        });
    }

    [Fact]
    public void Every_span_attribute_and_event_of_the_document_is_emitted()
    {
        Assert.All(TelemetryDocument.Spans, row =>
        {
            var spans = OwnSpans.Where(span => row.Matches(span.Name) && span.Service == row.Service).ToList();
            Assert.True(spans.Count > 0, $"{row.Name} is never emitted");
            Assert.Empty(row.Attributes.Except(spans.SelectMany(span => span.Attributes.Keys)));
            Assert.Empty(row.Events.Except(spans.SelectMany(span => span.Events).Select(happened => happened.Name)));
        });
    }

    [Fact]
    public void Metrics_have_the_documented_names_units_and_attributes_and_no_others()
    {
        Assert.Equal(TelemetryDocument.Metrics.Select(metric => metric.Name).Order(), OwnMetrics.Select(metric => metric.Key).Order());
        Assert.All(TelemetryDocument.Metrics, row =>
        {
            var emitted = OwnMetrics.Single(metric => metric.Key == row.Name).ToList();
            Assert.Equal(row.Unit, emitted[0].Unit);
            Assert.Equal(row.Attributes.Order(), emitted.SelectMany(metric => metric.Attributes).Distinct().Order());
            Assert.True(emitted[0].Description.EndsWith('.'), $"{row.Name} says what it is in a sentence");
        });
    }

    [Fact]
    public void Histograms_of_seconds_have_buckets_for_fractions_of_a_second() => Assert.All(
        OwnMetrics.Select(metric => metric.First()).Where(metric => metric.Bounds.Count > 0 && metric.Unit == "s"),
        metric => Assert.True(metric.Bounds.Count(bound => bound < 1) >= 3, metric.Name));

    [Fact]
    public void Every_log_event_is_in_the_document_as_it_is_in_the_sources() =>
        Assert.Equal(TelemetryDocument.LogsInSources, TelemetryDocument.Logs);

    [Fact]
    public void A_recovered_turn_links_to_the_trace_that_it_continues() =>
        Assert.Contains(OwnSpans, span => span.Name == "turn" && span.Links.Count == 1 && span.Attributes["clawdex.turn.recovered"] == "true" && span.ParentId.Length == 0);

    [Fact]
    public void The_only_roots_are_updates_and_recovered_turns() => Assert.All(
        day.Collector.Spans.Where(span => span.ParentId.Length == 0),
        span => Assert.True(span.Name.StartsWith("update ", StringComparison.Ordinal) || span.Name == "turn", $"{span.Service}: {span.Name} ({span.Source})"));

    [Fact]
    public void Commands_and_buttons_belong_to_the_update_that_asked_for_them()
    {
        var byId = day.Collector.Spans.DistinctBy(span => span.Id).ToDictionary(span => span.Id);
        Assert.All(OwnSpans.Where(span => span.Name.StartsWith("command ", StringComparison.Ordinal)), span =>
            Assert.True(byId.TryGetValue(span.ParentId, out var parent) && parent.Name is "update command" or "update button", span.Name));
    }
}
