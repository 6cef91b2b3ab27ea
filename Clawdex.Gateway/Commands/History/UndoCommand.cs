using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Turns;

namespace Clawdex.Gateway.Commands.History;

/// <summary>Takes the last question and its answer out of the conversation. Runs on arrival, and only where no answer is to come.</summary>
internal sealed class UndoCommand(HistoryClient history)
    : Command("undo", "Take the last question and its answer back", CommandOrder.InUpdateOrder, CommandRight.OwnerInGroups)
{
    public override async Task<CommandReply?> RunAsync(CommandCall call, CancellationToken cancellationToken)
    {
        try
        {
            return new CommandReply(await history.UndoExchangeAsync(call.Conversation, call.SourceId, call.MessageId ?? 0, cancellationToken) switch
            {
                null => UserTexts.NothingToUndo,
                ContinueButton.Request => UserTexts.ContinuationUndone,
                var question => UserTexts.Undone(question),
            });
        }
        catch (SessionException error) when (error.Failure is SessionFailure.Conflict)
        {
            return new CommandReply(UserTexts.StillAnswering);
        }
    }
}
