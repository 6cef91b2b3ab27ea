using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;

namespace Clawdex.Gateway.Commands.History;

/// <summary>
/// Clears a conversation's history. Runs on arrival, between what was stored before and after it: a message that is sent right
/// behind it already belongs to the new conversation, whatever is still being answered.
/// </summary>
internal sealed class ResetCommand(HistoryClient history)
    : Command("reset", "Clear session history", CommandOrder.InUpdateOrder, CommandRight.OwnerInGroups)
{
    public override async Task<CommandReply?> RunAsync(CommandCall call, CancellationToken cancellationToken)
    {
        var cleared = await history.ResetAsync(call.Conversation, call.SourceId, call.MessageId ?? 0, cancellationToken);
        return new CommandReply(cleared ? UserTexts.ResetDone : UserTexts.ResetEmpty);
    }
}
