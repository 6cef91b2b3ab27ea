using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Turns;

namespace Clawdex.Gateway.Commands.History;

/// <summary>
/// Deletes all that is stored of a conversation. Runs on arrival, as <see cref="ResetCommand"/> does. What was written before it
/// is not answered any more: the store has cancelled it, and what is being said ends here.
/// </summary>
internal sealed class ForgetCommand(HistoryClient history, RunningReplies running)
    : Command("forget", "Delete everything stored about this chat", CommandOrder.InUpdateOrder, CommandRight.OwnerInGroups)
{
    public override async Task<CommandReply?> RunAsync(CommandCall call, CancellationToken cancellationToken)
    {
        if (await history.ForgetAsync(call.Conversation, call.SourceId, cancellationToken))
            running.Stop(call.Conversation);
        return new CommandReply(UserTexts.Forgotten);
    }
}
