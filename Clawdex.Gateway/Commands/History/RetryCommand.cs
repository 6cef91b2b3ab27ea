using Clawdex.Gateway.Replies;
using Clawdex.Gateway.Services;
using Clawdex.Gateway.Turns;
using Clawdex.Gateway.Turns.Budgets;

namespace Clawdex.Gateway.Commands.History;

/// <summary>
/// Answers the last question again, in the messages of its answer. Stored on arrival as a turn of its own, so it survives a
/// restart and is charged as a message is; nothing is said, because the answer changes.
/// </summary>
internal sealed class RetryCommand(TurnClient turns, ChatQueues queues, BudgetPolicy budgets, TimeProvider time)
    : Command("retry", "Answer the last question again", CommandOrder.InUpdateOrder, CommandRight.OwnerInGroups)
{
    public override async Task<CommandReply?> RunAsync(CommandCall call, CancellationToken cancellationToken)
    {
        var receivedAt = time.GetTimestamp();
        var trace = GatewayTelemetry.TraceParent(call.Update?.Context ?? default);
        try
        {
            var accepted = await turns.RetryAsync(
                call.Conversation, call.SourceId, text: "", call.MessageId ?? 0, trace, budgets.ForMessage(call.Asker), cancellationToken);
            if (accepted.Turn is not { } turn)
                return new CommandReply(accepted.UsedBefore is { } used ? budgets.Refuse(call.Asker, used) : UserTexts.Broken);
            if (turn.IsOpen)
                queues.Enqueue(new QueuedTurn(turn, receivedAt) { Update = call.Update });
            return null;
        }
        catch (SessionException error) when (error.Failure is SessionFailure.Conflict)
        {
            return new CommandReply(queues.IsIdle(call.Conversation) ? UserTexts.NothingToRetry : UserTexts.StillAnswering);
        }
    }
}
