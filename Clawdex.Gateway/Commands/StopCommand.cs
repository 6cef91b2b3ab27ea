using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Turns;

namespace Clawdex.Gateway.Commands;

/// <summary>
/// Breaks off the running answer of a conversation. The answer itself says so, below what it has got to. It takes no time, and must
/// not wait behind another command's reply.
/// </summary>
internal sealed class StopCommand(RunningReplies running, SessionClient sessions, TurnClient turns)
    : Command("stop", "Stop the current answer", CommandOrder.InUpdateOrder)
{
    public override async Task<CommandReply?> RunAsync(CommandCall call, CancellationToken cancellationToken)
    {
        var isStopped = running.Stop(call.Conversation)
            || (sessions.IsShared && await turns.RequestStopAsync(call.Conversation, cancellationToken));
        return isStopped ? null : new CommandReply(UserTexts.NothingToStop);
    }
}
