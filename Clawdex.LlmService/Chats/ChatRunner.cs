using System.Diagnostics;
using System.Runtime.CompilerServices;
using Clawdex.LlmService.Models;
using Clawdex.LlmService.Providers;
using Microsoft.Extensions.Options;

namespace Clawdex.LlmService.Chats;

/// <summary>One chat with everything around it: fall-back models, retries, telemetry, and an end that says what happened.</summary>
internal sealed class ChatRunner(
    IEnumerable<IChatProvider> providers,
    AnswerRetry retry,
    Catalogue catalogue,
    IOptions<LlmOptions> options,
    TimeProvider timeProvider,
    ILogger<ChatRunner> logger)
{
    private const int Suggestions = 3;

    /// <summary>With another model to turn to, nobody waits longer than this for a provider to recover.</summary>
    private static readonly TimeSpan BudgetBeforeFallback = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Started at once; then deltas and finished, or failed when no model gave any text. What fails in the middle of an answer
    /// ends it as interrupted, because the part that came is worth keeping.
    /// </summary>
    public async IAsyncEnumerable<ChatEvent> RunAsync(
        ModelInfo requested, string systemPrompt, IReadOnlyList<ChatTurn> turns, int? maxOutputTokens, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ProviderFailure? firstFailure = null;
        TokenUsage? failedUsage = null;
        var routes = RoutesFor(requested);
        for (var i = 0; i < routes.Count; i++)
        {
            var route = routes[i];
            yield return new ChatEvent.Started(route.Name, route.Provider, catalogue.ContextWindowOf(route));

            var provider = providers.First(provider => provider.Name == route.Provider);
            var request = new ChatRequest(route.ModelId, systemPrompt, turns) { MaxOutputTokens = maxOutputTokens };
            using var span = new ChatSpan(provider, request, options.Value.CaptureMessageContent, timeProvider, cancellationToken);
            await using var answer = await OpenAsync(provider, request, span, isLast: i == routes.Count - 1, cancellationToken);
            failedUsage = TokenUsage.Sum(failedUsage, answer.FailedUsage);
            if (answer.Failure is { Kind: not FailureKind.Refused } failure)
            {
                span.Failed(failure);
                logger.NoAnswer(route.Name, failure.Kind);
                firstFailure ??= WithFacts(failure, route);
                continue;
            }

            for (var next = answer.First; next is not null; next = await answer.NextAsync())
                yield return Report(next, route, span) is ChatEvent.Finished end ? end with { FailedUsage = failedUsage } : next;
            yield break;
        }

        var told = firstFailure ?? throw new UnreachableException("There is always one route.");
        yield return new ChatEvent.Failed(told with { Usage = failedUsage });
    }

    /// <summary>The requested model, then the fall-backs, each once.</summary>
    private IReadOnlyList<ModelInfo> RoutesFor(ModelInfo requested) =>
    [
        .. options.Value.FallbackModels
            .Select(name => ModelResolver.TryResolve(name, out var route) ? route : null)
            .OfType<ModelInfo>()
            .Prepend(requested)
            .Distinct(),
    ];

    private async Task<OpenedAnswer> OpenAsync(
        IChatProvider provider, ChatRequest request, ChatSpan span, bool isLast, CancellationToken cancellationToken)
    {
        // An async iterator loses the ambient activity at each yield; the HTTP spans belong below this one.
        Activity.Current = span.Activity ?? Activity.Current;
        var budget = isLast || options.Value.RetryBudget < BudgetBeforeFallback ? options.Value.RetryBudget : BudgetBeforeFallback;
        return await retry.OpenAsync(provider, request, budget, cancellationToken);
    }

    private ChatEvent Report(ChatEvent next, ModelInfo route, ChatSpan span)
    {
        switch (next)
        {
            case ChatEvent.Delta delta:
                span.Delta(delta.Text);
                return next;
            case ChatEvent.Failed { Failure: { Kind: FailureKind.Refused } refused }:
                return Finish(new ChatEvent.Finished(FinishReason.ContentFilter, null, route.ModelId, refused with { Usage = null }), route, span);
            case ChatEvent.Failed { Failure: var failure }:
                logger.AnswerInterrupted(route.Name, failure.Kind);
                return Finish(new ChatEvent.Finished(FinishReason.Interrupted, failure.Usage, route.ModelId, failure with { Usage = null }), route, span);
            case ChatEvent.Finished finished:
                return Finish(finished, route, span);
            default:
                throw new UnreachableException($"{next.GetType().Name} does not come from a provider.");
        }
    }

    private ChatEvent.Finished Finish(ChatEvent.Finished finished, ModelInfo route, ChatSpan span)
    {
        span.Finished(finished);
        return finished.Why is { } why ? finished with { Why = WithFacts(why, route) } : finished;
    }

    /// <summary>Adds what is known here: who failed, and which names are near one that it does not know.</summary>
    private ProviderFailure WithFacts(ProviderFailure failure, ModelInfo route) => failure with
    {
        Provider = route.Provider,
        ModelId = route.ModelId,
        Suggestions = failure.Kind is FailureKind.UnknownModel ? catalogue.NamesNear(route, Suggestions) : [],
    };
}
