using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Clawdex.LlmService;

/// <summary>Spans and metrics of this service, named by the OpenTelemetry semantic conventions for generative AI.</summary>
internal static class LlmTelemetry
{
    public const string Name = "Clawdex.LlmService";

    public static readonly ActivitySource Source = new(Name);

    private static readonly Meter Meter = new(Name);

    /// <summary>What a chat costs; tagged <c>gen_ai.token.type</c> input or output.</summary>
    public static readonly Histogram<long> TokenUsage = Meter.CreateHistogram(
        "gen_ai.client.token.usage", "{token}", "Tokens used by a chat.",
        advice: new InstrumentAdvice<long> { HistogramBucketBoundaries = [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576] });

    /// <summary>From the request to the end of the answer; tagged <c>error.type</c> when there was none.</summary>
    public static readonly Histogram<double> OperationDuration = Meter.CreateHistogram(
        "gen_ai.client.operation.duration", "s", "Duration of a chat with a model.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds });

    /// <summary>What the user feels as the model's slowness: the wait for the first word, retries included.</summary>
    public static readonly Histogram<double> TimeToFirstChunk = Meter.CreateHistogram(
        "gen_ai.client.operation.time_to_first_chunk", "s", "Time from the request to the first chunk of the answer.",
        advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = Seconds });

    /// <summary>Attempts that were repeated, by provider and kind of failure: a rising count is a provider in trouble.</summary>
    public static readonly Counter<long> Retries = Meter.CreateCounter<long>(
        "clawdex.llm.retries", "{retry}", "Repeated attempts to start an answer.");

    /// <summary>What became of answers whose reader went away, by <c>clawdex.outcome</c>: TakenUp, or paid for and Abandoned.</summary>
    public static readonly Counter<long> UnreadAnswers = Meter.CreateCounter<long>(
        "clawdex.llm.answers.unread", "{answer}", "Answers whose reader went away, by what became of them.");

    private static double[] Seconds => [0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300];
}
