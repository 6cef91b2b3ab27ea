using System.Text;
using Clawdex.Gateway.Markdown;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Turns.Budgets;
using Microsoft.Extensions.Options;

namespace Clawdex.Gateway.Turns;

/// <summary>How a compaction ended.</summary>
internal enum CompactionEnd
{
    Done,
    NothingToDo,
    Stopped,

    /// <summary>The model said nothing.</summary>
    Empty,

    /// <summary>The history changed meanwhile.</summary>
    Outdated,
    Failed,
}

/// <summary>What became of a compaction: with both sizes when it is done, with the failure when it failed.</summary>
internal sealed record CompactionResult(CompactionEnd End, ContextSize? Before = null, ContextSize? After = null, LlmFailure? Failure = null);

/// <summary>Lets the model summarize the older part of a conversation. The history changes only when the summary is complete.</summary>
internal sealed class Compaction(HistoryClient history, LlmClient llm, ChatModels models, IOptions<AgentOptions> agent)
{
    private const string Request = "Summarize this conversation so far";

    // A summary that is longer than this saves nothing.
    private const int LongestSummary = 32_000;

    private static readonly CompactionResult TooLong = new(CompactionEnd.Failed, Failure: new LlmFailure(LlmFailureKind.ContextTooLong));

    /// <summary>
    /// Summarizes once, and again until what is left fits the model's window. What is summarized stays so, whatever becomes of
    /// the next summary.
    /// </summary>
    public async Task<CompactionResult> RunAsync(Conversation conversation, string model, Spending spending, CancellationToken cancellationToken)
    {
        using var span = GatewayTelemetry.Source.StartActivity("compaction");
        var result = await SummarizeUntilItFitsAsync(conversation, model, spending, cancellationToken);
        span?.SetTag("clawdex.outcome", result.End.ToString());
        if (result.Failure is { Kind: var kind })
            span?.Failed(kind.ToString());
        return result;
    }

    private async Task<CompactionResult> SummarizeUntilItFitsAsync(
        Conversation conversation, string model, Spending spending, CancellationToken cancellationToken)
    {
        var window = await models.ContextWindowAsync(model, cancellationToken);
        var room = (int)((long)window * agent.Value.ContextWindowPercent / 100);
        var (atMost, done) = (room, default(CompactionResult));
        var nothingLeft = new CompactionResult(CompactionEnd.NothingToDo);
        try
        {
            while (done is null || (room > 0 && done.After?.Tokens > room))
            {
                if (await history.BeginCompactionAsync(conversation, atMost, cancellationToken) is not { } range)
                    return done ?? nothingLeft;
                switch (await SummarizeAsync(conversation, model, range, models.LongestAnswer(window, range.Tokens), spending, cancellationToken))
                {
                    case { End: CompactionEnd.Done } next:
                        done = next with { Before = done?.Before ?? next.Before };
                        break;
                    case { Failure.Kind: LlmFailureKind.ContextTooLong } when range.Tokens > 1:
                        // It has more tokens than was estimated.
                        (atMost, nothingLeft) = (range.Tokens / 2, TooLong);
                        break;
                    case var end:
                        return done ?? end;
                }
            }

            return done;
        }
        catch (OperationCanceledException) when (done is not null)
        {
            return done;
        }
    }

    private async Task<CompactionResult> SummarizeAsync(
        Conversation conversation, string model, CompactionRange range, int longest, Spending spending, CancellationToken cancellationToken)
    {
        var summary = new StringBuilder();
        var isAsked = false;
        ChatMessage[] messages = [.. range.Messages, new ChatMessage(ChatRole.User, Request)];
        var prompt = range.Tokens + BudgetPolicy.TokensOf(agent.Value.SystemPrompt.Length + Request.Length);
        await spending.ReserveAsync(prompt + longest, cancellationToken);
        await foreach (var answer in llm.StreamAsync(answerId: "", model, agent.Value.SystemPrompt, messages, longest, cancellationToken))
        {
            if (answer is AnswerEvent.Finished end)
                spending.Add(end, isAsked ? prompt : 0, BudgetPolicy.TokensOf(summary.Length));
            isAsked = true;
            switch (answer)
            {
                case AnswerEvent.Delta delta when summary.Length < LongestSummary:
                    summary.Append(delta.Text);
                    break;
                case AnswerEvent.Finished { Failure: { } failure }:
                    return new CompactionResult(CompactionEnd.Failed, Failure: failure);
                case AnswerEvent.Finished { End: AnswerEnd.Cancelled }:
                    return new CompactionResult(CompactionEnd.Stopped);
                case AnswerEvent.Finished { End: AnswerEnd.Interrupted }:
                    return new CompactionResult(CompactionEnd.Failed, Failure: new LlmFailure(LlmFailureKind.ProviderDown));
            }
        }

        if (VisibleText.IsEmpty(summary.ToString()))
            return new CompactionResult(CompactionEnd.Empty);
        try
        {
            var after = await history.CommitCompactionAsync(conversation, range, summary.ToString().Trim(), cancellationToken);
            return new CompactionResult(CompactionEnd.Done, range.Before, after);
        }
        catch (SessionException error) when (error.Failure is SessionFailure.Conflict or SessionFailure.NotFound)
        {
            return new CompactionResult(CompactionEnd.Outdated);
        }
    }
}
