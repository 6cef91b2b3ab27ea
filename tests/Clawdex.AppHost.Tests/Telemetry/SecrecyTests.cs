namespace Clawdex.AppHost.Tests.Telemetry;

/// <summary>Nothing that the services export or print on an eventful day holds a secret or what people and models said.</summary>
[Collection(nameof(EventfulDay))]
public sealed class SecrecyTests(EventfulDay day)
{
    [Theory]
    [InlineData(EventfulDay.BotToken)]
    [InlineData("AAHk9sVq2LmXw-Zr8TnYb4CuEoPd1GfJi0K")]
    [InlineData(EventfulDay.GeminiKey)]
    [InlineData(EventfulDay.OpenRouterKey)]
    [InlineData(EventfulDay.Private)]
    [InlineData(EventfulDay.Confidential)]
    public void No_telemetry_and_no_console_holds(string secret)
    {
        Assert.False(day.Collector.Holds(secret), Where(secret));
        Assert.DoesNotContain(secret, day.Console, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void There_was_much_to_see()
    {
        Assert.True(day.Collector.Spans.Count > 300, "spans");
        Assert.True(day.Collector.Logs.Count > 20, "logs");
        Assert.Contains("Connected to Telegram", day.Console, StringComparison.Ordinal);
        Assert.True(day.Collector.Spans.Count(span => span.StatusCode == 2) > 20, "failed spans");
    }

    private string Where(string secret) => string.Join('\n',
        day.Collector.Logs.Where(log => $"{log}".Contains(secret, StringComparison.Ordinal)).Select(log => $"{log.Category}: {log.Body}")
            .Concat(day.Collector.Spans.Where(span => span.Attributes.Values.Any(value => value.Contains(secret, StringComparison.Ordinal))).Select(span => $"{span.Source}: {span.Name}"))
            .Prepend(secret));
}
