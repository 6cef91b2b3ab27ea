using System.Diagnostics;
using System.Text;
using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Turns.Budgets;
using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Turns.Answers;

/// <summary>
/// Lets the conversation's model answer a turn: context, stream, one more try after each compaction while the conversation is
/// too long for the model, and another one when the LLM service went away and is back. Whatever happens is a <see cref="ModelResult"/>.
/// </summary>
internal sealed class AnswerStreamer(
    SessionClient sessions,
    LlmClient llm,
    ChatModels models,
    Compaction compaction,
    IOptions<AgentOptions> agent,
    IOptions<TelegramOptions> options,
    IHostApplicationLifetime lifetime,
    TimeProvider time)
{
    /// <summary>When everything is shut down at once, the model's stream may break before the gateway hears of it.</summary>
    private static readonly TimeSpan ShutdownLag = TimeSpan.FromMilliseconds(300);

    /// <summary>How long an LLM service that is gone is waited for: longer than any restart, shorter than a user's own patience.</summary>
    private static readonly TimeSpan LlmPatience = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan LlmPause = TimeSpan.FromMilliseconds(500);

    /// <summary>How often an answer that broke off is asked for again: a service that was killed asks its provider anew, and each time is paid for.</summary>
    private const int MostBreaks = 3;

    /// <summary>Characters; far beyond what any model writes at once.</summary>
    private const int LongestAnswer = 200_000;

    /// <param name="abort">Ends everything at once, by an exception; <paramref name="stop"/> ends the draft.</param>
    public async Task<ModelResult> AskAsync(Turn turn, Reply reply, Spending spending, StopSignal stop, CancellationToken abort)
    {
        ModelResult? result = null;
        var isTakenOver = false;
        try
        {
            return result = await AskUntilItFitsAsync(turn, reply, spending, stop, abort);
        }
        catch (SessionException error) when (error.Failure is SessionFailure.TakenOver)
        {
            isTakenOver = true;
            throw;
        }
        finally
        {
            // What was not read to its end runs on, for whoever takes the turn up: another gateway, or the next start of this one.
            var isLeftToOthers = isTakenOver || abort.IsCancellationRequested || stop.Reason is StopReason.Shutdown;
            if (result is not { End: AnswerEnd.Complete } && !isLeftToOthers)
                await llm.StopAsync(turn.AnswerId);
        }
    }

    private async Task<ModelResult> AskUntilItFitsAsync(Turn turn, Reply reply, Spending spending, StopSignal stop, CancellationToken abort)
    {
        try
        {
            var draft = await AnswerAsync(turn, reply, spending, stop, abort);
            // No summary of other messages makes a single one shorter.
            while (draft is { HasText: false, Failure.Kind: LlmFailureKind.ContextTooLong, PromptMessages: > 1 })
            {
                var model = await reply.WaitForStoreAsync(models.OfAsync(turn.Conversation, turn.UserId, PatienceFor(turn), stop.Token));
                if (await compaction.RunAsync(turn.Conversation, model, spending, stop.Token) is not { End: CompactionEnd.Done })
                    break;
                draft = await AnswerAsync(turn, reply, spending, stop, abort);
                draft = draft with { Remarks = [UserTexts.CompactedOnTheWay, .. draft.Remarks] };
            }

            return stop.Reason is StopReason.User && !draft.HasText ? draft with { End = AnswerEnd.Cancelled, Failure = null } : draft;
        }
        catch (OperationCanceledException) when (stop.Token.IsCancellationRequested && !abort.IsCancellationRequested)
        {
            return new ModelResult("", AnswerEnd.Cancelled);
        }
    }

    /// <summary>
    /// Waits for an LLM service that is gone, within bounds, and asks again when it is back, or when another call has taken up the
    /// answer of a turn that is still this gateway's.
    /// </summary>
    private async Task<ModelResult> AnswerAsync(Turn turn, Reply reply, Spending spending, StopSignal stop, CancellationToken abort)
    {
        var broken = new ModelResult("", AnswerEnd.Cancelled);
        var breaks = 0;
        long? awaySince = null;
        while (true)
        {
            ModelResult draft;
            try
            {
                // Whoever took the answer up may not know of its death yet. Whose turn it is, the store says.
                if (broken.Failure is { Kind: LlmFailureKind.TakenOver })
                    await reply.WaitForStoreAsync(spending.ConfirmAsync(stop.Token));
                draft = await StreamAsync(turn, reply, spending, isAgain: broken.HasText, stop, abort);
            }
            catch (OperationCanceledException) when (stop.Token.IsCancellationRequested && !abort.IsCancellationRequested)
            {
                draft = new ModelResult("", AnswerEnd.Cancelled);
            }

            var hasSpoken = draft.HasText;
            if (!hasSpoken)
                draft = draft with { Text = broken.Text, Usage = broken.Usage };
            if (draft.Failure is not { Kind: LlmFailureKind.Unreachable or LlmFailureKind.TakenOver })
                return draft;
            if (stop.Reason is not StopReason.None)
                return draft with { End = AnswerEnd.Cancelled, Failure = null };

            broken = draft;
            if (draft.Failure.Kind is LlmFailureKind.TakenOver)
                continue;
            if (hasSpoken)
                (breaks, awaySince) = (breaks + 1, null);
            awaySince ??= time.GetTimestamp();
            var away = time.GetElapsedTime(awaySince.Value);
            if (away > LlmPatience || breaks >= MostBreaks)
                return draft;
            if (away > Reply.TellAfter)
                await reply.TellAsync(UserTexts.ModelAway);
            await Task.Delay(LlmPause, time, stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <param name="isAgain">The reply shows the text of an attempt that broke off.</param>
    private async Task<ModelResult> StreamAsync(Turn turn, Reply reply, Spending spending, bool isAgain, StopSignal stop, CancellationToken abort)
    {
        var model = models.Of(turn.ModelOverride, turn.UserId);
        Activity.Current?.SetTag("gen_ai.request.model", model);
        var lookup = await llm.ResolveAsync(model, stop.Token);
        if (lookup.Failure is { Kind: LlmFailureKind.Unreachable } gone)
        {
            await HearOfShutdownAsync(stop);
            return new ModelResult("", AnswerEnd.Interrupted) { Failure = gone };
        }

        var window = lookup.ContextWindow;
        var context = await reply.WaitForStoreAsync(ContextAsync(turn, window, stop.Token));
        // The model was switched while the message waited in the queue: another window, another context.
        if (models.Of(context.ModelOverride, turn.UserId) != model)
            return await StreamAsync(turn with { ModelOverride = context.ModelOverride }, reply, spending, isAgain, stop, abort);

        stop.Read(context);
        var prompt = SplitPaste.Joined(context.Messages);
        var longest = models.LongestAnswer(window, context.EstimatedTokens);
        await reply.WaitForStoreAsync(spending.ReserveAsync(context.EstimatedTokens + longest, stop.Token));
        var events = llm.StreamAsync(turn.AnswerId, model, agent.Value.SystemPrompt, prompt, longest, stop.Token);
        var result = await ReadAsync(events, new AnswerUsage(model, 0, 0, context.EstimatedTokens), reply, spending, isAgain, stop, abort);
        return result with
        {
            PromptMessages = prompt.Count(message => message.Role is not ChatRole.Summary),
            Remarks = result.Text.Length == 0 ? [] : [.. RemarksOn(context, model, result.Usage.Model)],
        };
    }

    /// <summary>Shows an answer while it comes, and notes at its end what it cost.</summary>
    /// <param name="usage">Of the model that is asked; nothing is counted yet.</param>
    private async Task<ModelResult> ReadAsync(
        IAsyncEnumerable<AnswerEvent> events, AnswerUsage usage, Reply reply, Spending spending, bool isAgain, StopSignal stop, CancellationToken abort)
    {
        var text = new StringBuilder();
        var promptTokens = usage.EstimatedPromptTokens;
        string? chosen = null;
        var end = new AnswerEvent.Finished(AnswerEnd.Interrupted);
        await foreach (var next in events)
        {
            switch (next)
            {
                case AnswerEvent.Started started:
                    if (chosen is null)
                        spending.Begin(started.IsTakenUp);
                    chosen ??= started.Model;
                    // Another model stands in. The estimate is for the chosen one: what this one counts says nothing about it.
                    if (started.Model != chosen)
                        usage = new AnswerUsage(started.Model, 0, 0, 0);
                    break;
                case AnswerEvent.Delta delta:
                    if (text.Length == 0)
                        await BeginTextAsync(reply, isAgain);
                    text.Append(delta.Text);
                    await reply.AppendAsync(delta.Text, abort);
                    break;
                case AnswerEvent.Finished finished:
                    end = finished;
                    break;
            }

            if (text.Length > LongestAnswer)
            {
                end = new AnswerEvent.Finished(AnswerEnd.LengthLimit);
                break;
            }
        }

        spending.Add(end, chosen is null ? 0 : promptTokens, BudgetPolicy.TokensOf(text.Length));
        if (end is { End: AnswerEnd.Interrupted, Failure: null or { Kind: LlmFailureKind.Unreachable or LlmFailureKind.ProviderDown } })
            await HearOfShutdownAsync(stop);
        return ModelResult.Of(text.ToString(), end, usage);
    }

    private static async Task BeginTextAsync(Reply reply, bool isAgain)
    {
        Activity.Current?.AddEvent(new ActivityEvent("clawdex.first_token"));
        if (isAgain)
            await reply.StartOverAsync();
    }

    /// <param name="model">The one that was asked.</param>
    /// <param name="answered">The one that has answered.</param>
    private IEnumerable<string> RemarksOn(ChatContext context, string model, string answered)
    {
        if (context.ModelOverride is { } chosen && models.Resolve(chosen) != model)
            yield return UserTexts.ModelNoLongerAllowed(chosen, answered);
        if (answered != model)
            yield return UserTexts.StoodIn(answered, model);
        if (context.IsNewlyCut)
            yield return UserTexts.ContextCut;
    }

    private async Task<ChatContext> ContextAsync(Turn turn, int window, CancellationToken cancellationToken)
    {
        using var span = GatewayTelemetry.Source.StartActivity("context");
        var context = await sessions.GetContextAsync(turn.Conversation, turn.Id, window, agent.Value, PatienceFor(turn), cancellationToken);
        span?.SetTag("clawdex.context.messages", context.Messages.Count)
            .SetTag("clawdex.context.dropped", context.DroppedMessages)
            .SetTag("clawdex.context.tokens", context.EstimatedTokens)
            .SetTag("clawdex.context.window", window);
        return context;
    }

    /// <summary>How long a service that is away is waited for: as long as the turn is worth it, and through a restart at least.</summary>
    private TimeSpan PatienceFor(Turn turn) =>
        turn.LeftOf(options.Value.AnswerWithin, time.GetUtcNow()) is var left && left > SessionClient.ReadPatience ? left : SessionClient.ReadPatience;

    private async Task HearOfShutdownAsync(StopSignal stop)
    {
        await Task.Delay(ShutdownLag, time, lifetime.ApplicationStopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (lifetime.ApplicationStopping.IsCancellationRequested)
            stop.Raise(StopReason.Shutdown);
    }
}
