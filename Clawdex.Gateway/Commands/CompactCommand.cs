using System.Diagnostics;
using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Turns;

namespace Clawdex.Gateway.Commands;

/// <summary>Summarizes the older part of a conversation and reports what that saved.</summary>
internal sealed class CompactCommand(Compaction compaction, ChatModels models, RunningReplies running) : ICommand
{
    public string Name => "compact";

    public string Description => "Summarize old messages to free context window";

    public CommandOrder Order => CommandOrder.AfterAnswers;

    public CommandRight Right => CommandRight.OwnerInGroups;

    public async Task<CommandReply?> RunAsync(CommandCall call, CancellationToken cancellationToken)
    {
        using var run = running.Begin(call.Conversation);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, run.Signal.Token);
        try
        {
            var model = await models.OfAsync(call.Conversation, SessionClient.ReadPatience, either.Token);
            return new CommandReply(Report(await compaction.RunAsync(call.Conversation, model, either.Token)));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new CommandReply(UserTexts.CompactionStopped);
        }
    }

    private static string Report(CompactionResult result) => result switch
    {
        CompactionResult.Done done => UserTexts.Compacted(done.Before, done.After),
        CompactionResult.NothingToDo => UserTexts.NothingToCompact,
        CompactionResult.Stopped => UserTexts.CompactionStopped,
        CompactionResult.Empty => UserTexts.CompactionEmpty,
        CompactionResult.Outdated => UserTexts.CompactionOutdated,
        CompactionResult.Failed failed => UserTexts.Failure(failed.Failure, GatewayTelemetry.CurrentReference),
        _ => throw new UnreachableException(),
    };
}
