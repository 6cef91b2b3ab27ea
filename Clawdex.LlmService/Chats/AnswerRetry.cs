using System.Collections.Concurrent;
using System.Diagnostics;
using Clawdex.LlmService.Providers;
using Clawdex.LlmService.Providers.Http;
using Microsoft.Extensions.Options;
using Polly;
using Polly.Retry;

namespace Clawdex.LlmService.Chats;

/// <summary>
/// Opens an answer, and tries again while that helps: only before the first delta, only after failures that may pass, bounded
/// by attempts and by a total time, with the provider's own delay where it names one.
/// </summary>
internal sealed class AnswerRetry(
    ProviderHttp http, IOptions<LlmOptions> options, TimeProvider timeProvider, ILogger<AnswerRetry> logger)
{
    private static readonly TimeSpan FirstDelay = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(10);

    /// <summary>What models refuse, so that it is not offered again; only models that a provider has get in here.</summary>
    private readonly ConcurrentDictionary<(string Provider, string Model), RequestParts> _refused = [];

    /// <param name="budget">Another attempt must begin within this time.</param>
    public async Task<OpenedAnswer> OpenAsync(
        IChatProvider provider, ChatRequest request, TimeSpan budget, CancellationToken cancellationToken)
    {
        if (!provider.IsConfigured)
            return new OpenedAnswer(new ChatEvent.Failed(new ProviderFailure(FailureKind.NotConfigured)), rest: null);

        TokenUsage? failedUsage = null;
        var refused = _refused.GetValueOrDefault((provider.Name, request.ModelId));
        while (true)
        {
            var asked = request.Without(refused);
            var answer = await PipelineFor(provider, asked, budget).ExecuteAsync(
                async token =>
                {
                    var opened = await OpenedAnswer.OpenAsync(http.StreamAsync(provider, asked, token), failedUsage, token);
                    failedUsage = opened.FailedUsage;
                    return opened;
                },
                cancellationToken);
            var parts = asked.Parts & (answer.Failure?.Refuses ?? RequestParts.None);
            if (parts is RequestParts.None)
                return answer;
            logger.PartRefused(request.ModelId, parts);
            _refused[(provider.Name, request.ModelId)] = refused |= parts;
        }
    }

    /// <summary>Built for one call, whose budget it watches.</summary>
    private ResiliencePipeline<OpenedAnswer> PipelineFor(IChatProvider provider, ChatRequest request, TimeSpan budget)
    {
        if (options.Value.RetryAttempts == 0)
            return ResiliencePipeline<OpenedAnswer>.Empty;

        var start = timeProvider.GetTimestamp();
        return new ResiliencePipelineBuilder<OpenedAnswer> { TimeProvider = timeProvider }
            .AddRetry(new RetryStrategyOptions<OpenedAnswer>
            {
                MaxRetryAttempts = options.Value.RetryAttempts,
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = FirstDelay,
                MaxDelay = LongestDelay,
                ShouldHandle = arguments => ValueTask.FromResult(
                    arguments.Outcome.Result?.Failure is { IsRetryable: true } failure
                    && timeProvider.GetElapsedTime(start) + (failure.RetryAfter ?? FirstDelay) <= budget),
                DelayGenerator = arguments => ValueTask.FromResult(WholeMilliseconds(arguments.Outcome.Result?.Failure?.RetryAfter)),
                OnRetry = arguments =>
                {
                    if (arguments.Outcome.Result?.Failure is { } failure)
                    {
                        logger.RetryScheduled(request.ModelId, failure.Kind, arguments.AttemptNumber + 2, arguments.RetryDelay);
                        Activity.Current?.AddEvent(new ActivityEvent("clawdex.retry", tags: new()
                        {
                            ["error.type"] = failure.Kind.ToString(),
                            ["clawdex.retry_after"] = arguments.RetryDelay.TotalSeconds,
                        }));
                        LlmTelemetry.Retries.Add(
                            1, new("gen_ai.provider.name", provider.TelemetryName), new("error.type", failure.Kind.ToString()));
                    }

                    return ValueTask.CompletedTask;
                },
            })
            .Build();
    }

    /// <summary>Timers drop fractions of a millisecond, which would be too early by one.</summary>
    private static TimeSpan? WholeMilliseconds(TimeSpan? wait) =>
        wait is { } exact ? TimeSpan.FromMilliseconds(Math.Ceiling(exact.TotalMilliseconds)) : null;
}
