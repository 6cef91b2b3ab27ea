using System.Diagnostics;
using System.Text;
using Clawdex.Gateway.Outbound;
using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Turns;

/// <summary>
/// Lets the conversation's model answer a turn: context, stream, and one more try after a compaction when the conversation is
/// too long for the model. Whatever happens is a <see cref="Draft"/>.
/// </summary>
internal sealed class ModelAnswers(
    SessionBackend sessions,
    LlmBackend llm,
    ChatModels models,
    Compaction compaction,
    IOptions<AgentOptions> agent,
    IHostApplicationLifetime lifetime,
    TimeProvider time)
{
    /// <summary>When everything is shut down at once, the model's stream may break before the gateway hears of it.</summary>
    private static readonly TimeSpan ShutdownLag = TimeSpan.FromMilliseconds(300);

    /// <summary>Characters; far beyond what any model writes at once.</summary>
    private const int LongestAnswer = 200_000;

    /// <param name="abort">Ends everything at once, by an exception; <paramref name="stop"/> ends the draft.</param>
    public async Task<Draft> AskAsync(StoredTurn turn, StreamedReply reply, StopSignal stop, CancellationToken abort)
    {
        try
        {
            var model = await models.OfAsync(turn.Conversation, stop.Token);
            Activity.Current?.SetTag("gen_ai.request.model", model);
            var draft = await StreamAsync(turn, model, reply, stop, abort);
            if (draft is not { HasText: false, Failure.Kind: LlmFailureKind.ContextTooLong })
                return draft;

            return await compaction.RunAsync(turn.Conversation, model, stop.Token) is CompactionResult.Done
                ? await StreamAsync(turn, model, reply, stop, abort) with { WasCompacted = true }
                : draft;
        }
        catch (OperationCanceledException) when (stop.Token.IsCancellationRequested && !abort.IsCancellationRequested)
        {
            return new Draft("", AnswerEnd.Cancelled);
        }
    }

    private async Task<Draft> StreamAsync(StoredTurn turn, string model, StreamedReply reply, StopSignal stop, CancellationToken abort)
    {
        var context = await ContextAsync(turn, model, stop.Token);
        var text = new StringBuilder();
        await foreach (var answer in llm.StreamAsync(model, agent.Value.SystemPrompt, SplitPaste.Joined(context.Messages), stop.Token))
        {
            switch (answer)
            {
                case AnswerEvent.Delta delta:
                    if (text.Length == 0)
                        Activity.Current?.AddEvent(new ActivityEvent("clawdex.first_token"));
                    text.Append(delta.Text);
                    await reply.AppendAsync(delta.Text, abort);
                    if (text.Length > LongestAnswer)
                        return new Draft(text.ToString(), AnswerEnd.LengthLimit);
                    break;
                case AnswerEvent.Finished finished:
                    if (finished.End is AnswerEnd.Interrupted)
                        await HearOfShutdownAsync(stop);
                    return new Draft(text.ToString(), finished.End)
                    {
                        Detail = finished.Detail,
                        Usage = new AnswerUsage(model, finished.PromptTokens, finished.CompletionTokens, context.EstimatedTokens),
                    };
                case AnswerEvent.Failed failed:
                    if (failed.Failure.Kind is LlmFailureKind.Unreachable or LlmFailureKind.ProviderDown)
                        await HearOfShutdownAsync(stop);
                    return new Draft(text.ToString(), AnswerEnd.Interrupted) { Failure = failed.Failure };
            }
        }

        throw new UnreachableException("A model's stream ends with an event that says so");
    }

    private async Task<ChatContext> ContextAsync(StoredTurn turn, string model, CancellationToken cancellationToken)
    {
        using var span = GatewayTelemetry.Source.StartActivity("context");
        var window = await models.ContextWindowAsync(model, cancellationToken);
        var context = await sessions.GetContextAsync(turn.Conversation, turn.Id, window, agent.Value, cancellationToken);
        span?.SetTag("clawdex.context.messages", context.Messages.Count)
            .SetTag("clawdex.context.dropped", context.DroppedMessages)
            .SetTag("clawdex.context.tokens", context.EstimatedTokens)
            .SetTag("clawdex.context.window", window);
        return context;
    }

    private async Task HearOfShutdownAsync(StopSignal stop)
    {
        await Task.Delay(ShutdownLag, time, lifetime.ApplicationStopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        if (lifetime.ApplicationStopping.IsCancellationRequested)
            stop.Raise(StopReason.Shutdown);
    }
}
